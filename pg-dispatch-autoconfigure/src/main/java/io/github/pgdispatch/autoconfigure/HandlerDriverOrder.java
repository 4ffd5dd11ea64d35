package io.github.pgdispatch.autoconfigure;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.pgdispatch.driver.DriverPhases;
import io.github.pgdispatch.driver.HandlerDriver;
import io.github.pgdispatch.driver.TenantDrivers;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the workers of methods after all other beans, and stops them before. Methods may
 * use any bean, and many have the same phase, because it is the default.
 *
 * <p>
 * When the application stops, the web server finishes its requests even before that,
 * because they may dispatch and wait for the results of jobs.
 */
final class HandlerDriverOrder implements SmartLifecycle, SmartInitializingSingleton {

	private static final String WEB_SERVER = "webServerGracefulShutdown";

	private final ConfigurableListableBeanFactory beanFactory;

	private final String name;

	private final long timeoutMillis;

	private volatile boolean running;

	private @Nullable SmartLifecycle webServer;

	/**
	 * Creates an instance.
	 * @param beanFactory the bean factory that has the beans
	 * @param name the name of this bean
	 * @param timeoutMillis the maximum time for the requests of the web server
	 */
	HandlerDriverOrder(ConfigurableListableBeanFactory beanFactory, String name, long timeoutMillis) {
		this.beanFactory = beanFactory;
		this.name = name;
		this.timeoutMillis = timeoutMillis;
	}

	/**
	 * Spring starts a bean after those on which it depends, and stops it before them.
	 */
	@Override
	public void afterSingletonsInstantiated() {
		List<String> drivers = drivers().toList();
		for (String other : this.beanFactory.getBeanNamesForType(SmartLifecycle.class, false, false)) {
			if (!drivers.contains(other) && !other.equals(this.name)
					&& this.beanFactory.getSingleton(other) instanceof SmartLifecycle bean
					&& bean.getPhase() >= DriverPhases.METHODS) {
				drivers.forEach((driver) -> this.beanFactory.registerDependentBean(other, driver));
			}
		}
		drivers.forEach((driver) -> this.beanFactory.registerDependentBean(driver, this.name));
	}

	@Override
	public void start() {
		this.running = true;
		SmartLifecycle webServer = this.webServer;
		if (webServer != null && !webServer.isRunning()) {
			webServer.start();
		}
		this.webServer = null;
	}

	@Override
	public void stop() {
		this.running = false;
		if (isAnyDriverRunning() && this.beanFactory.getSingleton(WEB_SERVER) instanceof SmartLifecycle webServer
				&& webServer.isRunning()) {
			this.webServer = webServer;
			CountDownLatch stopped = new CountDownLatch(1);
			webServer.stop(stopped::countDown);
			await(stopped);
		}
	}

	private boolean isAnyDriverRunning() {
		return drivers().map((name) -> this.beanFactory.getBean(name, SmartLifecycle.class))
			.anyMatch(SmartLifecycle::isRunning);
	}

	private Stream<String> drivers() {
		return Stream.of(HandlerDriver.class, TenantDrivers.class)
			.flatMap((type) -> Stream.of(this.beanFactory.getBeanNamesForType(type, false, false)));
	}

	/**
	 * Does not return before the web server has finished its requests.
	 */
	@Override
	public void stop(Runnable callback) {
		stop();
		callback.run();
	}

	private void await(CountDownLatch stopped) {
		try {
			stopped.await(this.timeoutMillis, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return DriverPhases.METHODS;
	}

}

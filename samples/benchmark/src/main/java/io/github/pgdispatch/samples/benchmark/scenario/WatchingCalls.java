package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchObserver;
import io.github.pgdispatch.ObservedDispatch;
import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.samples.benchmark.contender.WatchedPgDispatch;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What health, metrics and observations do for a method's job: the calls that a node has
 * made for one, made again and again, and nothing else.
 */
final class WatchingCalls {

	private static final int CALLS = 200_000;

	private static final int WARM_UP = 5;

	private final DispatchObserver observer;

	private final Collection<DriverListener> listeners;

	private final List<Consumer<DriverListener>> calls;

	private WatchingCalls(ConfigurableApplicationContext node) {
		CallRecorder recorder = node.getBean(CallRecorder.class);
		this.observer = node.getBean(DispatchObserver.class);
		this.listeners = new ArrayList<>(node.getBeansOfType(DriverListener.class).values());
		this.listeners.remove(recorder);
		Work work = node.getBean(Work.class);
		this.calls = recorder
			.callsOf(() -> node.getBean(TransactionTemplate.class).executeWithoutResult((status) -> work.job()));
	}

	/**
	 * Measures them.
	 * @param url of a database with the schema
	 * @return how long they take
	 */
	static Cost measure(String url) {
		try (ConfigurableApplicationContext node = StartUp.start(url, Node.class)) {
			WatchingCalls watching = new WatchingCalls(node);
			return new Cost(microseconds(watching::dispatch), microseconds(watching::run));
		}
	}

	private void dispatch() {
		this.observer.observe(new ObservedDispatch("work.job", null, null, new LinkedHashMap<>()), () -> 0);
	}

	private void run() {
		this.calls.forEach((call) -> this.listeners.forEach(call));
	}

	private static double microseconds(Runnable action) {
		double latest = 0;
		for (int i = 0; i <= WARM_UP; i++) {
			long start = System.nanoTime();
			for (int j = 0; j < CALLS; j++) {
				action.run();
			}
			latest = (System.nanoTime() - start) / 1e3 / CALLS;
		}
		return latest;
	}

	/**
	 * Microseconds for each job.
	 *
	 * @param dispatch of its dispatch
	 * @param run of its run
	 */
	record Cost(double dispatch, double run) {

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@Import({ WatchedPgDispatch.Metered.class, CallRecorder.class, Work.class })
	static class Node extends StartUp.With {

	}

	static class Work {

		@AfterCommitDispatch
		void job() {
		}

	}

}

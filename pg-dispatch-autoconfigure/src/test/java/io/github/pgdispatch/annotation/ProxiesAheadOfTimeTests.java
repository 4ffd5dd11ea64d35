package io.github.pgdispatch.annotation;

import java.lang.reflect.Proxy;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;
import org.junit.jupiter.api.Test;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the classes of proxies that {@link AfterCommitDispatchPostProcessor} names
 * for a native image, in which none can be made.
 */
class ProxiesAheadOfTimeTests {

	@Test
	void beanHasAProxyOfItsClass() {
		Class<?> proxy = postProcessor(true).determineBeanType(Handler.class, "bean");
		assertThat(ClassUtils.getUserClass(proxy)).isEqualTo(Handler.class).isNotEqualTo(proxy);
	}

	@Test
	void beanHasAProxyOfItsInterfaces() {
		Class<?> proxy = postProcessor(false).determineBeanType(Handler.class, "bean");
		assertThat(proxy).matches(Proxy::isProxyClass);
		assertThat(proxy.getInterfaces()).contains(Contract.class);
	}

	@Test
	void proxyStaysAsItIs() {
		ProxyFactory factory = new ProxyFactory(new Handler());
		Class<?> ofInterfaces = factory.getProxyClass(getClass().getClassLoader());
		factory.setProxyTargetClass(true);
		Class<?> ofClass = factory.getProxyClass(getClass().getClassLoader());
		assertThat(postProcessor(true).determineBeanType(ofClass, "bean")).isEqualTo(ofClass);
		assertThat(postProcessor(false).determineBeanType(ofInterfaces, "bean")).isEqualTo(ofInterfaces);
	}

	@Test
	void othersHaveNone() {
		assertThat(postProcessor(true).determineBeanType(String.class, "bean")).isEqualTo(String.class);
	}

	@Test
	void propertiesAreNotNeeded() {
		assertThat(postProcessor(true).determineBeanType(Delayed.class, "bean")).isNotEqualTo(Delayed.class);
	}

	@Test
	void misplacedAnnotationIsRefused() {
		AfterCommitDispatchPostProcessor postProcessor = postProcessor(true);
		assertThatExceptionOfType(PgDispatchConfigurationException.class)
			.isThrownBy(() -> postProcessor.determineBeanType(FinalClass.class, "bean"))
			.withMessageContaining("its class is final");
	}

	private static AfterCommitDispatchPostProcessor postProcessor(boolean proxyTargetClass) {
		AfterCommitDispatchPostProcessor postProcessor = new AfterCommitDispatchPostProcessor(() -> {
			throw new AssertionError("Nothing is dispatched");
		}, () -> {
			throw new AssertionError("Nobody waits");
		}, () -> {
			throw new AssertionError("There are no handlers");
		}, () -> {
			throw new AssertionError("No job runs");
		}, () -> {
			throw new AssertionError("Nothing is mapped");
		}, proxyTargetClass);
		postProcessor.setBeanFactory(new DefaultListableBeanFactory());
		return postProcessor;
	}

	interface Contract {

		void welcome(long profileId);

	}

	static class Handler implements Contract {

		@Override
		@AfterCommitDispatch
		public void welcome(long profileId) {
		}

	}

	static class Delayed {

		@AfterCommitDispatch(delay = "${no.such.property}")
		void call() {
		}

	}

	static final class FinalClass {

		@AfterCommitDispatch
		void call() {
		}

	}

}

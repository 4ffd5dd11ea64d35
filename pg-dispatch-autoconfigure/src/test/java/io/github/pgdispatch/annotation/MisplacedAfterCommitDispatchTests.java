package io.github.pgdispatch.annotation;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.AnnotationConfigApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that an application whose annotated methods could not dispatch does not start,
 * and is told which one it is and why.
 */
class MisplacedAfterCommitDispatchTests {

	@Test
	void privateMethod() {
		assertRefused(new Object() {

			@AfterCommitDispatch("SELECT 1")
			private void hidden() {
			}

		}, "hidden", "it is private");
	}

	@Test
	void finalMethod() {
		assertRefused(new FinalMethod(), "unchangeable", "it is final");
	}

	@Test
	void staticMethod() {
		assertRefused(new StaticMethod(), "global", "it is static");
	}

	@Test
	void finalClass() {
		assertRefused(new FinalClass(), "call", "its class is final");
	}

	@Test
	void recordClass() {
		assertRefused(new RecordClass(), "call", "its class is final");
	}

	@Test
	void methodThatReturnsSomething() {
		assertRefused(new Returning(), "call", "must return void, a CompletableFuture or a DispatchResult");
	}

	@Test
	void unknownParameter() {
		assertRefused(new UnknownParameter(), "call", "refers to :user.id, but the parameters of the method are [id]");
	}

	@Test
	void blankSql() {
		assertRefused(new Blank(), "call", "blank");
	}

	@Test
	void unreadableDelay() {
		assertRefused(new UnreadableDelay(), "call", "soon");
	}

	@Test
	void negativeDelay() {
		assertRefused(new NegativeDelay(), "call", "-20s");
	}

	@Test
	void whatIsForBodiesOnly() {
		assertRefused(new RetryOn(), "call", "are for methods without SQL");
		assertRefused(new NoRetryOn(), "call", "are for methods without SQL");
	}

	@Test
	void optionsThatMakeNoSense() {
		assertRefused(new ResultOutside(), "call", "Non-transactional SQL has no result to keep");
		assertRefused(new TooManyAttempts(), "call", "at most 32767, but is 32768");
		assertRefused(new KeepWithoutKey(), "call", "Keeping a key requires a key");
	}

	@Test
	void methodThatItsProxiedInterfacesDoNotHave() {
		assertRefused(new NotInInterface(), "call", "none of them declares it", false);
	}

	private static void assertRefused(Object bean, String method, String reason) {
		assertRefused(bean, method, reason, true);
	}

	@SuppressWarnings("unchecked")
	private static void assertRefused(Object bean, String method, String reason, boolean proxyTargetClass) {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
			context.registerBean(AfterCommitDispatchPostProcessor.class,
					() -> new AfterCommitDispatchPostProcessor(() -> {
						throw new AssertionError("Nothing is dispatched");
					}, () -> {
						throw new AssertionError("No job runs");
					}, () -> {
						throw new AssertionError("Nobody waits");
					}, proxyTargetClass));
			context.registerBean("bean", (Class<Object>) bean.getClass(), () -> bean);
			assertThatExceptionOfType(RuntimeException.class).isThrownBy(context::refresh)
				.havingRootCause()
				.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
					assertThat(ex.getDescription()).contains(bean.getClass().getName(), method, reason);
					assertThat(ex.getAction()).isNotBlank();
				});
		}
	}

	static class FinalMethod {

		@AfterCommitDispatch("SELECT 1")
		final void unchangeable() {
		}

	}

	static class StaticMethod {

		@AfterCommitDispatch("SELECT 1")
		static void global() {
		}

	}

	static final class FinalClass {

		@AfterCommitDispatch("SELECT 1")
		void call() {
		}

	}

	record RecordClass() {

		@AfterCommitDispatch("SELECT 1")
		void call() {
		}

	}

	static class Returning {

		@AfterCommitDispatch("SELECT 1")
		int call() {
			return 1;
		}

	}

	static class UnknownParameter {

		@AfterCommitDispatch("SELECT :user.id")
		void call(long id) {
		}

	}

	static class Blank {

		@AfterCommitDispatch(" ")
		void call() {
		}

	}

	static class UnreadableDelay {

		@AfterCommitDispatch(value = "SELECT 1", delay = "soon")
		void call() {
		}

	}

	static class NegativeDelay {

		@AfterCommitDispatch(value = "SELECT 1", delay = "-20s")
		void call() {
		}

	}

	static class RetryOn {

		@AfterCommitDispatch(value = "SELECT 1", retryOn = Exception.class)
		void call() {
		}

	}

	static class NoRetryOn {

		@AfterCommitDispatch(value = "SELECT 1", noRetryOn = Exception.class)
		void call() {
		}

	}

	static class ResultOutside {

		@AfterCommitDispatch(value = "VACUUM", transactional = false, keepResult = "1h")
		void call() {
		}

	}

	static class TooManyAttempts {

		@AfterCommitDispatch(value = "SELECT 1", maxAttempts = 32_768)
		void call() {
		}

	}

	static class KeepWithoutKey {

		@AfterCommitDispatch(value = "SELECT 1", keepKey = "1h")
		void call() {
		}

	}

	static class NotInInterface implements Runnable {

		@AfterCommitDispatch("SELECT 1")
		public void call() {
		}

		@Override
		public void run() {
		}

	}

}

package io.github.pgdispatch.annotation;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;
import io.github.pgdispatch.AfterCommitDispatch.OnFailure;
import io.github.pgdispatch.DispatchDefaults;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.LosslessMapper;
import jakarta.persistence.Entity;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.description.annotation.AnnotationDescription;
import net.bytebuddy.description.modifier.Visibility;
import net.bytebuddy.implementation.StubMethod;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.config.BeanDefinitionCustomizer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that an application does not start if the body of an annotated method could not
 * be run, and is told which method it is, why, and what to do; also if its bean would
 * only be created later.
 */
class RefusedHandlerTests {

	@Test
	void methodThatSpringCannotIntercept() {
		assertRefused(PrivateMethod.class, "PrivateMethod.call()", "it is private");
		assertRefused(StaticMethod.class, "StaticMethod.call()", "it is static");
		assertRefused(FinalMethod.class, "FinalMethod.call()", "it is final");
		assertRefused(FinalClass.class, "FinalClass.call()", "its class is final");
	}

	@Test
	void methodThatReturnsSomething() {
		assertRefused(Returning.class, "Returning.call()", "must return void");
	}

	/**
	 * Defines what Kotlin's compiler makes of a function {@code suspend fun call(id:
	 * Long)}.
	 */
	@Test
	void suspendFunctionOfKotlin() throws Exception {
		try (var continuation = new ByteBuddy().makeInterface().name("kotlin.coroutines.Continuation").make();
				var compiled = new ByteBuddy().subclass(Object.class)
					.defineMethod("call", Object.class, Visibility.PUBLIC)
					.withParameter(long.class, "id")
					.withParameter(continuation.getTypeDescription(), "completion")
					.intercept(StubMethod.INSTANCE)
					.annotateMethod(AnnotationDescription.Builder.ofType(AfterCommitDispatch.class).build())
					.make()) {
			assertRefused(compiled.include(continuation).load(getClass().getClassLoader()).getLoaded(), "call(long",
					"suspend functions are not supported");
		}
	}

	@Test
	void concurrencyThatIsNotPositive() {
		assertRefused(NoConcurrency.class, "NoConcurrency.call()", "The concurrency must be positive, but is 0");
		assertRefused(NegativeConcurrency.class, "The concurrency must be positive, but is -1");
	}

	@Test
	void blankName() {
		assertRefused(BlankName.class, "BlankName.call()", "The name of the handler must not be blank");
	}

	@Test
	void nameThatTheDatabaseWouldRefuse() {
		assertRefused(ForgingName.class, "ForgingName.call()",
				"The name of the handler must not contain control characters");
		assertRefused(LongName.class, "The name of the handler must have at most 1000 bytes");
	}

	@Test
	void nameOfTwoMethods() {
		assertRefused(Overloaded.class, "Two methods have the handler name 'bean.call'", "Overloaded.call()",
				"Overloaded.call(long)", "@AfterCommitDispatch(name =");
	}

	@Test
	void entityAsParameter() {
		assertRefused(WithEntity.class, "WithEntity.call(", "Parameter 'profile'", "is a JPA entity", "Pass its id");
		assertRefused(WithEntities.class, "WithEntities.call(", "Parameter 'profiles'", "is a JPA entity");
	}

	@Test
	void parametersWithoutNames() throws Exception {
		try (var compiled = new ByteBuddy().subclass(Object.class)
			.defineMethod("call", void.class, Visibility.PUBLIC)
			.withParameters(long.class)
			.intercept(StubMethod.INSTANCE)
			.annotateMethod(AnnotationDescription.Builder.ofType(AfterCommitDispatch.class).build())
			.make()) {
			assertRefused(compiled.load(getClass().getClassLoader()).getLoaded(), "call(long)",
					"Compile with -parameters");
		}
	}

	@Test
	void unreadableDelay() {
		assertRefused(UnreadableDelay.class, "UnreadableDelay.call()", "'soon' is not a valid duration");
		assertRefused(UnreadableExpression.class, "UnreadableExpression.call()", "The delay #{ is not an expression");
		assertRefused(UnknownProperty.class, "UnknownProperty.call()", "no.such.property");
	}

	@Test
	void attemptsThatMakeNoSense() {
		assertRefused(NegativeAttempts.class, "NegativeAttempts.call()",
				"The maximum number of attempts must be positive, but is -1");
		assertRefused(ShrinkingBackOff.class, "The back-off multiplier must be from 1 to 1000, but is 0.5");
		assertRefused(UnreadableBackOff.class, "The back-off multiplier must be a number, but is twice");
		assertRefused(LimitedBackOff.class,
				"The maximum back-off must not be shorter than the back-off of PT1H, but is PT10M");
		assertRefused(BackOffOfTheCall.class, "The back-off must not depend on the call, but is #{#id}s");
	}

	@Test
	void optionsThatMakeNoSense() {
		assertRefused(NoTime.class, "NoTime.call()", "The time limit must be at least one millisecond, but is PT0S");
		assertRefused(UnreadableTime.class, "The time limit cannot be read", "'soon' is not a valid duration");
		assertRefused(UnreadableKey.class, "The key #{ is not an expression");
		assertRefused(BlankKey.class, "The key must not be blank");
		assertRefused(HighPriority.class, "The priority must be between 0 and 86400 seconds, but is 86401");
		assertRefused(ReplaceWithoutKey.class, "Replacing a waiting job requires a key");
		assertRefused(KeepWithoutKey.class, "Keeping a key requires a key");
		assertRefused(ReplaceAndKeep.class, "cannot both replace a waiting job and keep its key");
		assertRefused(PassWithoutOrder.class, "Letting later jobs pass requires an ordering key");
		assertRefused(FairKeyWithoutQueue.class, "A fair key requires a queue");
		assertRefused(OutsideTransaction.class, "Only SQL can be non-transactional");
	}

	private static void assertRefused(Class<?> type, String... reasons) {
		assertRefused(type, (definition) -> {
		}, reasons);
		assertRefused(type, (definition) -> definition.setLazyInit(true), reasons);
		assertRefused(type, (definition) -> definition.setScope("prototype"), reasons);
	}

	private static void assertRefused(Class<?> type, BeanDefinitionCustomizer customizer, String... reasons) {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
			Supplier<LosslessMapper> mapper = () -> LosslessMapper.of(new JsonMapper());
			context.registerBean(HandlerMethods.class,
					() -> new HandlerMethods(context.getBeanFactory(), mapper, DispatchDefaults.ONE_ATTEMPT));
			context.registerBean(AfterCommitDispatchPostProcessor.class,
					() -> new AfterCommitDispatchPostProcessor(() -> {
						throw new AssertionError("Nothing is dispatched");
					}, () -> {
						throw new AssertionError("Nobody waits");
					}, () -> context.getBean(HandlerMethods.class), HandlerInvocations::new, mapper, true));
			context.registerBean("bean", type, customizer);
			assertThatExceptionOfType(RuntimeException.class).isThrownBy(context::refresh)
				.extracting(NestedExceptionUtils::getMostSpecificCause)
				.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
					assertThat(ex.getDescription()).contains(ClassUtils.getShortName(type).replaceAll("^.*\\.", ""));
					assertThat(ex.getDescription() + " " + ex.getAction()).contains(reasons);
					assertThat(ex.getAction()).isNotBlank();
				});
		}
	}

	static class PrivateMethod {

		@AfterCommitDispatch
		private void call() {
		}

	}

	static class StaticMethod {

		@AfterCommitDispatch
		static void call() {
		}

	}

	static class FinalMethod {

		@AfterCommitDispatch
		final void call() {
		}

	}

	static final class FinalClass {

		@AfterCommitDispatch
		void call() {
		}

	}

	static class Returning {

		@AfterCommitDispatch
		int call() {
			return 1;
		}

	}

	static class NoConcurrency {

		@AfterCommitDispatch(concurrency = 0)
		void call() {
		}

	}

	static class NegativeConcurrency {

		@AfterCommitDispatch(concurrency = -1)
		void call() {
		}

	}

	static class BlankName {

		@AfterCommitDispatch(name = " ")
		void call() {
		}

	}

	static class ForgingName {

		@AfterCommitDispatch(name = "mail\nERROR forged")
		void call() {
		}

	}

	static class LongName {

		@AfterCommitDispatch(name = TEN + TEN + TEN + TEN + TEN + TEN + TEN + TEN + TEN + TEN + "a")
		void call() {
		}

		private static final String ONE = "1234567890";

		private static final String TEN = ONE + ONE + ONE + ONE + ONE + ONE + ONE + ONE + ONE + ONE;

	}

	static class Overloaded {

		@AfterCommitDispatch
		void call() {
		}

		@AfterCommitDispatch
		void call(long id) {
		}

	}

	@Entity
	static class Profile {

	}

	static class WithEntity {

		@AfterCommitDispatch
		void call(Profile profile) {
		}

	}

	static class WithEntities {

		@AfterCommitDispatch
		void call(Map<String, List<Profile>> profiles) {
		}

	}

	static class UnreadableDelay {

		@AfterCommitDispatch(delay = "soon")
		void call() {
		}

	}

	static class UnreadableExpression {

		@AfterCommitDispatch(delay = "#{")
		void call() {
		}

	}

	static class UnknownProperty {

		@AfterCommitDispatch(delay = "${no.such.property}")
		void call() {
		}

	}

	static class NegativeAttempts {

		@AfterCommitDispatch(maxAttempts = -1)
		void call() {
		}

	}

	static class ShrinkingBackOff {

		@AfterCommitDispatch(backOffMultiplier = "0.5")
		void call() {
		}

	}

	static class UnreadableBackOff {

		@AfterCommitDispatch(backOffMultiplier = "twice")
		void call() {
		}

	}

	static class LimitedBackOff {

		@AfterCommitDispatch(backOff = "1h")
		void call() {
		}

	}

	static class BackOffOfTheCall {

		@AfterCommitDispatch(backOff = "#{#id}s")
		void call(long id) {
		}

	}

	static class NoTime {

		@AfterCommitDispatch(timeLimit = "0s")
		void call() {
		}

	}

	static class UnreadableTime {

		@AfterCommitDispatch(timeLimit = "soon")
		void call() {
		}

	}

	static class UnreadableKey {

		@AfterCommitDispatch(key = "#{")
		void call() {
		}

	}

	static class BlankKey {

		@AfterCommitDispatch(key = " ")
		void call() {
		}

	}

	static class HighPriority {

		@AfterCommitDispatch(priority = 86_401)
		void call() {
		}

	}

	static class ReplaceWithoutKey {

		@AfterCommitDispatch(onDuplicate = OnDuplicate.REPLACE)
		void call() {
		}

	}

	static class KeepWithoutKey {

		@AfterCommitDispatch(keepKey = "#{#id}s")
		void call(long id) {
		}

	}

	static class ReplaceAndKeep {

		@AfterCommitDispatch(key = "#{#id}", onDuplicate = OnDuplicate.REPLACE, keepKey = "1h")
		void call(long id) {
		}

	}

	static class PassWithoutOrder {

		@AfterCommitDispatch(onFailure = OnFailure.PASS)
		void call() {
		}

	}

	static class FairKeyWithoutQueue {

		@AfterCommitDispatch(fairKey = "#{#id}")
		void call(long id) {
		}

	}

	static class OutsideTransaction {

		@AfterCommitDispatch(transactional = false)
		void call() {
		}

	}

}

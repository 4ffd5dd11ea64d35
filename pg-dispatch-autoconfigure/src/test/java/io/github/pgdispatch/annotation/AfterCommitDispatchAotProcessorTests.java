package io.github.pgdispatch.annotation;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import org.junit.jupiter.api.Test;

import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.beans.factory.aot.AotServices;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotContribution;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotProcessor;
import org.springframework.beans.factory.aot.BeanFactoryInitializationCode;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.annotation.AliasFor;
import org.springframework.javapoet.ClassName;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link AfterCommitDispatchAotProcessor}.
 */
class AfterCommitDispatchAotProcessorTests {

	@Test
	void isFoundBySpring() {
		assertThat(AotServices.factories().load(BeanFactoryInitializationAotProcessor.class))
			.hasAtLeastOneElementOfType(AfterCommitDispatchAotProcessor.class);
	}

	@Test
	void methodsWithABodyCanBeInvoked() {
		RuntimeHints hints = process(Handlers.class);
		assertThat(RuntimeHintsPredicates.reflection().onType(Handlers.class)).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Handlers.class, "welcome")).accepts(hints);
	}

	@Test
	void methodsWithSqlAreThereWithTheirParameters() {
		RuntimeHints hints = process(Commands.class);
		assertThat(RuntimeHintsPredicates.reflection().onType(Commands.class)).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Commands.class, "remind")).rejects(hints);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Profile.class, "name")).accepts(hints);
	}

	@Test
	void methodsOfInterfacesCanBeInvoked() {
		RuntimeHints hints = process(Implementation.class);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Contract.class, "welcome")).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Implementation.class, "welcome"))
			.accepts(hints);
	}

	@Test
	void annotationsCanBeRead() {
		RuntimeHints hints = process(Handlers.class, Composed.class);
		assertThat(RuntimeHintsPredicates.proxies().forInterfaces(AfterCommitDispatch.class)).accepts(hints);
		assertThat(List.of(AfterCommitDispatch.class, Later.class))
			.allSatisfy((type) -> assertThat(RuntimeHintsPredicates.reflection()
				.onType(type)
				.withMemberCategory(MemberCategory.INVOKE_DECLARED_METHODS)).accepts(hints));
	}

	@Test
	void argumentsCanBeWrittenAndRead() {
		RuntimeHints hints = process(Handlers.class);
		assertThat(List.of(Profile.class, Address.class, Order.class, Event.Created.class, Event.Renamed.class,
				Event.Reason.class, Shape.Circle.class, Tag.class))
			.allSatisfy((type) -> assertThat(RuntimeHintsPredicates.reflection()
				.onType(type)
				.withMemberCategories(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS,
						MemberCategory.ACCESS_DECLARED_FIELDS))
				.accepts(hints));
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Event.Reason.class, "text")).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onType(DispatchContext.class)).rejects(hints);
	}

	@Test
	void typeArgumentsOfTheImplementationCount() {
		RuntimeHints hints = process(ProfileHandler.class);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Profile.class, "name")).accepts(hints);
	}

	@Test
	void withoutAnnotatedMethodsThereIsNothingToContribute() {
		assertThat(new AfterCommitDispatchAotProcessor().processAheadOfTime(beanFactory(String.class))).isNull();
	}

	@Test
	void beansAreNotCreated() {
		assertThatIllegalStateException().isThrownBy(Handlers::new);
		process(Handlers.class);
	}

	private static RuntimeHints process(Class<?>... types) {
		BeanFactoryInitializationAotContribution contribution = new AfterCommitDispatchAotProcessor()
			.processAheadOfTime(beanFactory(types));
		assertThat(contribution).isNotNull();
		DefaultGenerationContext context = new DefaultGenerationContext(
				new ClassNameGenerator(ClassName.get("com.example", "Application")), new InMemoryGeneratedFiles());
		contribution.applyTo(context, mock(BeanFactoryInitializationCode.class));
		return context.getRuntimeHints();
	}

	private static DefaultListableBeanFactory beanFactory(Class<?>... types) {
		DefaultListableBeanFactory beanFactory = new DefaultListableBeanFactory();
		for (Class<?> type : types) {
			beanFactory.registerBeanDefinition(type.getName(), new RootBeanDefinition(type));
		}
		return beanFactory;
	}

	static class Handlers {

		Handlers() {
			throw new IllegalStateException("It is not to be created");
		}

		@AfterCommitDispatch
		void welcome(Profile profile, Map<String, List<Order>> orders, Optional<Event> event, Shape shape, Tag[] tags,
				DispatchContext context) {
		}

	}

	static class Commands {

		@AfterCommitDispatch("SELECT remind(:profile.name)")
		void remind(Profile profile) {
		}

	}

	interface Contract {

		@AfterCommitDispatch
		void welcome(long profileId);

	}

	static class Implementation implements Contract {

		@Override
		public void welcome(long profileId) {
		}

	}

	abstract static class GenericHandler<T> {

		@AfterCommitDispatch
		void handle(T value) {
		}

	}

	static class ProfileHandler extends GenericHandler<Profile> {

	}

	static class Composed {

		@Later
		void call() {
		}

	}

	@Retention(RetentionPolicy.RUNTIME)
	@AfterCommitDispatch
	@interface Later {

		@AliasFor(annotation = AfterCommitDispatch.class, attribute = "delay")
		String by() default "1s";

	}

	record Profile(String name, Address address) {

	}

	record Address(String city) {

	}

	static class Order {

	}

	static class Tag {

	}

	sealed interface Event {

		record Created() implements Event {

		}

		record Renamed(Reason reason) implements Event {

		}

		record Reason(String text) {

		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
	@JsonSubTypes(@JsonSubTypes.Type(Shape.Circle.class))
	interface Shape {

		class Circle implements Shape {

		}

	}

}

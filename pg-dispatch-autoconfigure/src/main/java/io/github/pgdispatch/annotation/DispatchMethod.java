package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.command.Command;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.Assert;

/**
 * What a call of an annotated method dispatches.
 *
 * @param command of the annotation
 * @param delay of the annotation
 * @param parameters of the method
 */
record DispatchMethod(Command command, Delay delay, MethodParameters parameters) {

	/**
	 * Reads the annotation of a method, which may be the one of a method that it
	 * overrides or implements: then the names of that one's parameters count.
	 * @param method the method
	 * @param beanFactory resolves placeholders and beans
	 * @return what its annotation says
	 * @throws PgDispatchConfigurationException if that could not be dispatched
	 */
	static DispatchMethod of(Method method, ConfigurableBeanFactory beanFactory) {
		MergedAnnotation<AfterCommitDispatch> annotation = MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY)
			.get(AfterCommitDispatch.class);
		Method annotated = (annotation.getSource() instanceof Method source) ? source : method;
		try {
			return of(annotated, annotation.synthesize(), beanFactory);
		}
		catch (IllegalArgumentException ex) {
			throw new PgDispatchConfigurationException(
					"@AfterCommitDispatch on " + annotated.toGenericString() + ": " + ex.getMessage(),
					"Correct the annotation or the method.");
		}
	}

	private static DispatchMethod of(Method method, AfterCommitDispatch annotation,
			ConfigurableBeanFactory beanFactory) {
		Assert.isTrue(method.getReturnType() == void.class,
				"The method must return void, since nothing has been run yet when it returns");
		MethodParameters parameters = MethodParameters.of(method);
		Command command = Command.parse(annotation.command());
		requireParameters(command.parameters(), parameters);
		return new DispatchMethod(command, Delay.of(annotation.delay(), method, beanFactory), parameters);
	}

	private static void requireParameters(Set<String> paths, MethodParameters parameters) {
		for (String path : paths) {
			String name = path.split("\\.", 2)[0];
			Assert.isTrue(parameters.names().contains(name), () -> "The SQL refers to :" + path
					+ ", but the parameters of the method are " + parameters.names());
		}
	}

	void dispatch(PgDispatchTemplate template, Object target, @Nullable Object[] arguments) {
		template.snooze(this.command, this.parameters.values(arguments), this.delay.resolve(target, arguments));
	}

}

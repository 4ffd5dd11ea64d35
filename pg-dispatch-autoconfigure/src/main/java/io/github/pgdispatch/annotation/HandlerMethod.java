package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.handler.HandlerInvocations;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.Assert;

/**
 * An annotated method without SQL, whose body jobs run.
 *
 * @param method the method of the target class
 * @param targetClass the class of the bean
 * @param attributes the options of the annotation for a dispatch
 * @param handlers the handlers of the application
 * @param invocations the invocations, which know whether a job makes a call
 * @param template the template that dispatches
 * @param result makes the return value of a call
 */
record HandlerMethod(Method method, Class<?> targetClass, JobAttributes attributes, Supplier<HandlerMethods> handlers,
		Supplier<HandlerInvocations> invocations, Supplier<PgDispatchTemplate> template,
		ResultHandle result) implements DispatchMethod {

	private static final String ASYNC = "org.springframework.scheduling.annotation.Async";

	/**
	 * Checks a method and its annotation, and reads the options for a dispatch. The value
	 * of an option that depends on a call is not checked.
	 */
	static JobAttributes readAttributes(Method method, Class<?> targetClass, AfterCommitDispatch annotation,
			AttributeReader reader) {
		Assert.isTrue(annotation.name().isEmpty() || !annotation.name().isBlank(),
				"The name of the handler must not be blank. Leave it out, or set a name that stays when the method is renamed");
		Assert.isTrue(annotation.concurrency() > 0,
				() -> "The concurrency must be positive, but is " + annotation.concurrency());
		Assert.isTrue(!isAnnotated(method, targetClass, ASYNC),
				"The method must not be @Async, because its job would end before the body has begun on another thread");
		MethodParameters.of(method);
		RetryAttributes.of(annotation, reader);
		RetryAttributes.breaker(annotation, reader);
		JobAttributes attributes = JobAttributes.of(annotation, reader);
		attributes.applyTimeLimit(attributes.apply(Dispatch.handler("any", "{}"), null), null);
		return attributes;
	}

	private static boolean isAnnotated(Method method, Class<?> targetClass, String annotation) {
		return MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation)
				|| MergedAnnotations.from(targetClass, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation);
	}

	@Override
	public @Nullable Object dispatch(Invocation invocation) {
		Dispatch dispatch = this.handlers.get().dispatch(this.method, this.targetClass, invocation.arguments());
		return this.result.dispatch(applyAttributes(this.result.keep(dispatch), invocation), this.template.get());
	}

	/**
	 * A constant time limit belongs to the handler, and is not stored with each job.
	 */
	private Dispatch applyAttributes(Dispatch dispatch, Invocation invocation) {
		Dispatch described = this.attributes.apply(dispatch, invocation);
		return this.attributes.timeLimit().isConstant() ? described
				: this.attributes.applyTimeLimit(described, invocation);
	}

	@Override
	public boolean enter() {
		return this.invocations.get().enter(this.method, this.targetClass);
	}

}

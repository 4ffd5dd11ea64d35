package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.Assert;

/**
 * A method whose body is run by jobs.
 *
 * @param method of the target class
 * @param targetClass of the bean
 * @param attributes of the annotation
 * @param handlers of the application
 * @param template that dispatches
 * @param promise that the call returns
 */
record HandlerMethod(Method method, Class<?> targetClass, JobAttributes attributes, Supplier<HandlerMethods> handlers,
		Supplier<PgDispatchTemplate> template, ResultHandle promise) implements DispatchMethod {

	private static final String ASYNC = "org.springframework.scheduling.annotation.Async";

	static HandlerMethod of(Method method, Class<?> targetClass, AfterCommitDispatch annotation, AttributeReader reader,
			Supplier<HandlerMethods> handlers, Supplier<PgDispatchTemplate> template, ResultHandle promise) {
		Assert.isTrue(annotation.name().isEmpty() || !annotation.name().isBlank(),
				"The name must not be blank. Leave it out, or give one that stays when the method is renamed");
		Assert.isTrue(annotation.concurrency() > 0,
				() -> "The concurrency must be positive, but is " + annotation.concurrency());
		Assert.isTrue(!isAnnotated(method, targetClass, ASYNC),
				"The method must not be @Async: its job would be over before the body has begun, on another thread");
		MethodParameters.of(method);
		RetryAttributes.of(annotation, reader);
		HandlerMethod read = new HandlerMethod(method, targetClass, JobAttributes.of(annotation, reader), handlers,
				template, promise);
		Dispatch check = read.attributes.apply(Dispatch.handler("any", "{}"), null);
		read.attributes.limit(check, null);
		return read;
	}

	private static boolean isAnnotated(Method method, Class<?> targetClass, String annotation) {
		return MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation)
				|| MergedAnnotations.from(targetClass, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation);
	}

	@Override
	public @Nullable Object dispatch(Object target, @Nullable Object[] arguments) {
		HandlerMethods handlers = this.handlers.get();
		Dispatch dispatch = this.promise.ask(handlers.call(this.method, this.targetClass, arguments));
		PgDispatchTemplate template = this.template.get();
		return this.promise.dispatch(ask(dispatch, new Invocation(target, arguments)), template::fire,
				template::dispatch);
	}

	/**
	 * A time limit that is the same for all calls is the handler's, and need not be
	 * written with each job.
	 */
	private Dispatch ask(Dispatch dispatch, Invocation call) {
		Dispatch asked = this.attributes.apply(dispatch, call);
		return this.attributes.timeLimit().isConstant() ? asked : this.attributes.limit(asked, call);
	}

	@Override
	public boolean isReplay() {
		return this.handlers.get().enter(this.method, this.targetClass);
	}

}

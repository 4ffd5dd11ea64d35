package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.Assert;

/**
 * A method whose body is run by jobs.
 *
 * @param method of the target class
 * @param targetClass of the bean
 * @param delay of the annotation
 * @param handlers of the application
 */
record HandlerMethod(Method method, Class<?> targetClass, Delay delay,
		Supplier<HandlerMethods> handlers) implements DispatchMethod {

	private static final String ASYNC = "org.springframework.scheduling.annotation.Async";

	static HandlerMethod of(Method method, Class<?> targetClass, AfterCommitDispatch annotation, Delay delay,
			Supplier<HandlerMethods> handlers) {
		Assert.isTrue(annotation.name().isEmpty() || !annotation.name().isBlank(),
				"The name must not be blank. Leave it out, or give one that stays when the method is renamed");
		Assert.isTrue(annotation.concurrency() > 0,
				() -> "The concurrency must be positive, but is " + annotation.concurrency());
		Assert.isTrue(!isAnnotated(method, targetClass, ASYNC),
				"The method must not be @Async: its job would be over before the body has begun, on another thread");
		MethodParameters.of(method);
		return new HandlerMethod(method, targetClass, delay, handlers);
	}

	private static boolean isAnnotated(Method method, Class<?> targetClass, String annotation) {
		return MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation)
				|| MergedAnnotations.from(targetClass, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation);
	}

	@Override
	public void dispatch(Object target, @Nullable Object[] arguments) {
		this.handlers.get().dispatch(this.method, this.targetClass, arguments, this.delay.resolve(target, arguments));
	}

	@Override
	public boolean isReplay() {
		return this.handlers.get().enter(this.method, this.targetClass);
	}

}

package io.github.pgdispatch.annotation;

import java.util.function.Supplier;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * Takes what a method has returned whose body a job runs. It is the innermost advice,
 * since the value is to be kept in the method's transaction.
 */
final class ReturnValueInterceptor implements MethodInterceptor {

	private final Supplier<HandlerMethods> handlers;

	ReturnValueInterceptor(Supplier<HandlerMethods> handlers) {
		this.handlers = handlers;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
		Object value = invocation.proceed();
		this.handlers.get().returned(value);
		return value;
	}

}

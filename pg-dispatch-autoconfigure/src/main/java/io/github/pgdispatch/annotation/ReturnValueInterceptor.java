package io.github.pgdispatch.annotation;

import java.util.function.Supplier;

import io.github.pgdispatch.handler.HandlerInvocations;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * Records the return value of a method that runs for a job. This is the innermost advice,
 * because the value is stored in the transaction of the method.
 */
final class ReturnValueInterceptor implements MethodInterceptor {

	private final Supplier<HandlerInvocations> invocations;

	ReturnValueInterceptor(Supplier<HandlerInvocations> invocations) {
		this.invocations = invocations;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
		Object value = invocation.proceed();
		this.invocations.get().returned(value);
		return value;
	}

}

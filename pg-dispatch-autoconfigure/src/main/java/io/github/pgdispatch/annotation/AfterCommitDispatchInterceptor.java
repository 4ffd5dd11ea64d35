package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.util.Assert;

/**
 * Dispatches calls of annotated methods, and runs the body of a method only for the job
 * that calls it.
 */
final class AfterCommitDispatchInterceptor implements MethodInterceptor {

	private final DispatchMethods methods;

	AfterCommitDispatchInterceptor(DispatchMethods methods) {
		this.methods = methods;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
		Object target = invocation.getThis();
		Assert.state(target != null, "The call has no target object");
		Class<?> targetClass = AopUtils.getTargetClass(target);
		Method method = AopUtils.getMostSpecificMethod(invocation.getMethod(), targetClass);
		DispatchMethod dispatchMethod = this.methods.get(method, targetClass);
		return dispatchMethod.enter() ? invocation.proceed()
				: dispatchMethod.dispatch(new Invocation(target, invocation.getArguments()));
	}

}

package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.util.Assert;

/**
 * Dispatches instead of running the method's body, except for the job that is to run it.
 */
final class AfterCommitDispatchInterceptor implements MethodInterceptor {

	private final DispatchMethods methods;

	AfterCommitDispatchInterceptor(DispatchMethods methods) {
		this.methods = methods;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
		Object target = invocation.getThis();
		Assert.state(target != null, "There is no object to call the method on");
		Class<?> targetClass = AopUtils.getTargetClass(target);
		Method method = AopUtils.getMostSpecificMethod(invocation.getMethod(), targetClass);
		DispatchMethod dispatch = this.methods.get(method, targetClass);
		if (dispatch.isReplay()) {
			return invocation.proceed();
		}
		return dispatch.dispatch(target, invocation.getArguments());
	}

}

package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.function.Supplier;

import io.github.pgdispatch.PgDispatchTemplate;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.util.Assert;

/**
 * Dispatches instead of running the method's body.
 */
final class AfterCommitDispatchInterceptor implements MethodInterceptor {

	private final DispatchMethods methods;

	private final Supplier<PgDispatchTemplate> template;

	AfterCommitDispatchInterceptor(DispatchMethods methods, Supplier<PgDispatchTemplate> template) {
		this.methods = methods;
		this.template = template;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation invocation) {
		Object target = invocation.getThis();
		Assert.state(target != null, "There is no object to call the method on");
		Method method = AopUtils.getMostSpecificMethod(invocation.getMethod(), target.getClass());
		this.methods.get(method).dispatch(this.template.get(), target, invocation.getArguments());
		return null;
	}

}

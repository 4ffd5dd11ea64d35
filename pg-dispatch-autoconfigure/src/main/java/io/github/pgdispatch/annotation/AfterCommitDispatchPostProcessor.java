package io.github.pgdispatch.annotation;

import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.autoproxy.AbstractBeanFactoryAwareAdvisingPostProcessor;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.util.Assert;

/**
 * Makes calls of methods annotated with {@link AfterCommitDispatch} dispatch, ahead of
 * any other advice: after {@code @Async} the caller's transaction would be out of reach.
 */
@SuppressWarnings("serial")
public final class AfterCommitDispatchPostProcessor extends AbstractBeanFactoryAwareAdvisingPostProcessor {

	private static final AnnotationMatchingPointcut POINTCUT = new AnnotationMatchingPointcut(null,
			AfterCommitDispatch.class, true);

	private final Supplier<PgDispatchTemplate> template;

	private final Supplier<HandlerMethods> handlers;

	private @Nullable DispatchMethods methods;

	/**
	 * Creates a post-processor.
	 * @param template that dispatches SQL; asked for at the first dispatch
	 * @param handlers that dispatches calls; asked for at the first dispatch
	 * @param proxyTargetClass whether classes are proxied rather than their interfaces
	 */
	public AfterCommitDispatchPostProcessor(Supplier<PgDispatchTemplate> template, Supplier<HandlerMethods> handlers,
			boolean proxyTargetClass) {
		this.template = template;
		this.handlers = handlers;
		setBeforeExistingAdvisors(true);
		setProxyTargetClass(proxyTargetClass);
	}

	@Override
	public void setBeanFactory(BeanFactory beanFactory) {
		super.setBeanFactory(beanFactory);
		Assert.isInstanceOf(ConfigurableBeanFactory.class, beanFactory);
		DispatchMethods methods = new DispatchMethods((ConfigurableBeanFactory) beanFactory, this.template,
				this.handlers);
		this.methods = methods;
		this.advisor = new DefaultPointcutAdvisor(POINTCUT, new AfterCommitDispatchInterceptor(methods));
	}

	@Override
	protected boolean isEligible(Class<?> targetClass) {
		boolean eligible = super.isEligible(targetClass);
		if (eligible && this.methods != null) {
			this.methods.check(targetClass, isProxyTargetClass());
		}
		return eligible;
	}

}

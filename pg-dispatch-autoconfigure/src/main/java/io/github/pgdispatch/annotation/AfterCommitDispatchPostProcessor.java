package io.github.pgdispatch.annotation;

import java.lang.reflect.Proxy;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchTemplate;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.autoproxy.AbstractBeanFactoryAwareAdvisingPostProcessor;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.util.Assert;
import org.springframework.util.ClassUtils;

/**
 * Makes calls of methods annotated with {@link AfterCommitDispatch} dispatch, ahead of
 * any other advice: after {@code @Async} the caller's transaction would be out of reach.
 */
@SuppressWarnings("serial")
public final class AfterCommitDispatchPostProcessor extends AbstractBeanFactoryAwareAdvisingPostProcessor
		implements SmartInitializingSingleton {

	private static final AnnotationMatchingPointcut POINTCUT = new AnnotationMatchingPointcut(null,
			AfterCommitDispatch.class, true);

	private final Supplier<PgDispatchTemplate> template;

	private final Supplier<HandlerMethods> handlers;

	private final Supplier<JobResults> results;

	private @Nullable DispatchMethods methods;

	/**
	 * Creates a post-processor.
	 * @param template that dispatches SQL; asked for at the first dispatch
	 * @param handlers that dispatches calls; asked for at the first dispatch
	 * @param results that learn of the ends of jobs; asked for at the first dispatch that
	 * promises a value
	 * @param proxyTargetClass whether classes are proxied rather than their interfaces
	 */
	public AfterCommitDispatchPostProcessor(Supplier<PgDispatchTemplate> template, Supplier<HandlerMethods> handlers,
			Supplier<JobResults> results, boolean proxyTargetClass) {
		this.template = template;
		this.handlers = handlers;
		this.results = results;
		setBeforeExistingAdvisors(true);
		setProxyTargetClass(proxyTargetClass);
	}

	@Override
	public void setBeanFactory(BeanFactory beanFactory) {
		super.setBeanFactory(beanFactory);
		Assert.isInstanceOf(ConfigurableBeanFactory.class, beanFactory);
		DispatchMethods methods = new DispatchMethods((ConfigurableBeanFactory) beanFactory, this.template,
				this.handlers, this.results);
		this.methods = methods;
		this.advisor = new DefaultPointcutAdvisor(POINTCUT, new AfterCommitDispatchInterceptor(methods));
	}

	/**
	 * Asked for when the application is processed ahead of time. What is a proxy already
	 * gets the advice at run time, and stays of its class.
	 */
	@Override
	public Class<?> determineBeanType(Class<?> beanType, String beanName) {
		boolean proxied = Proxy.isProxyClass(beanType) || ClassUtils.getUserClass(beanType) != beanType;
		return proxied ? beanType : super.determineBeanType(beanType, beanName);
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		Class<?> targetClass = AopUtils.getTargetClass(bean);
		if (this.methods != null && isEligible(targetClass)) {
			this.methods.requireReadable(targetClass);
		}
		Object proxy = super.postProcessAfterInitialization(bean, beanName);
		if (this.methods != null && proxy instanceof Advised advised && !advised.isFrozen() && isEligible(targetClass)
				&& this.methods.hasBodies(targetClass)) {
			advised.addAdvisor(new DefaultPointcutAdvisor(POINTCUT, new ReturnValueInterceptor(this.handlers)));
		}
		return proxy;
	}

	@Override
	protected boolean isEligible(Class<?> targetClass) {
		boolean eligible = super.isEligible(targetClass);
		if (eligible && this.methods != null) {
			this.methods.requireInterceptable(targetClass, isProxyTargetClass());
		}
		return eligible;
	}

	/**
	 * Checks the methods of beans that are yet to be created, too: that of a lazy one
	 * would come too late.
	 */
	@Override
	public void afterSingletonsInstantiated() {
		if (this.beanFactory != null && this.methods != null) {
			for (Class<?> type : new AnnotatedBeans(this.beanFactory).methods().keySet()) {
				this.methods.requireInterceptable(type, isProxyTargetClass());
				this.methods.requireReadable(type);
			}
		}
	}

}

package io.github.pgdispatch.annotation;

import java.lang.reflect.Proxy;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.LosslessMapper;
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
 * Adds to beans the advice that dispatches calls of methods annotated with
 * {@link AfterCommitDispatch}. It comes before all other advice, because the transaction
 * of the caller is not available after {@code @Async}.
 */
@SuppressWarnings("serial")
public final class AfterCommitDispatchPostProcessor extends AbstractBeanFactoryAwareAdvisingPostProcessor
		implements SmartInitializingSingleton {

	private static final AnnotationMatchingPointcut POINTCUT = new AnnotationMatchingPointcut(null,
			AfterCommitDispatch.class, true);

	private final Supplier<PgDispatchTemplate> template;

	private final Supplier<JobResults> results;

	private final Supplier<HandlerMethods> handlers;

	private final Supplier<HandlerInvocations> invocations;

	private final Supplier<LosslessMapper> mapper;

	private @Nullable DispatchMethods methods;

	/**
	 * Creates a post-processor. The suppliers are used by the first call of an annotated
	 * method, so that no bean is created too early. Those of handlers, invocations and
	 * mapper are not used if Jackson is missing.
	 * @param template the template that dispatches
	 * @param results the source of the results of jobs
	 * @param handlers the handlers of the application
	 * @param invocations the invocations of the handlers
	 * @param mapper the mapper of the values of jobs
	 * @param proxyTargetClass whether classes are proxied rather than their interfaces
	 */
	public AfterCommitDispatchPostProcessor(Supplier<PgDispatchTemplate> template, Supplier<JobResults> results,
			Supplier<HandlerMethods> handlers, Supplier<HandlerInvocations> invocations,
			Supplier<LosslessMapper> mapper, boolean proxyTargetClass) {
		this.template = template;
		this.results = results;
		this.handlers = handlers;
		this.invocations = invocations;
		this.mapper = mapper;
		setBeforeExistingAdvisors(true);
		setProxyTargetClass(proxyTargetClass);
	}

	@Override
	public void setBeanFactory(BeanFactory beanFactory) {
		super.setBeanFactory(beanFactory);
		Assert.isInstanceOf(ConfigurableBeanFactory.class, beanFactory);
		DispatchMethods methods = new DispatchMethods(new DispatchMethodReader((ConfigurableBeanFactory) beanFactory,
				this.template, this.results, this.handlers, this.invocations, this.mapper));
		this.methods = methods;
		this.advisor = new DefaultPointcutAdvisor(POINTCUT, new AfterCommitDispatchInterceptor(methods));
	}

	/**
	 * Called when the application is processed ahead of time. A bean that already is a
	 * proxy gets the advice at run time, and its class stays the same.
	 */
	@Override
	public Class<?> determineBeanType(Class<?> beanType, String beanName) {
		boolean proxied = Proxy.isProxyClass(beanType) || ClassUtils.getUserClass(beanType) != beanType;
		return proxied ? beanType : super.determineBeanType(beanType, beanName);
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		Class<?> targetClass = AopUtils.getTargetClass(bean);
		if (this.methods == null || !isEligible(targetClass)) {
			return super.postProcessAfterInitialization(bean, beanName);
		}
		this.methods.requireReadable(targetClass);
		Object proxy = super.postProcessAfterInitialization(bean, beanName);
		if (proxy instanceof Advised advised && !advised.isFrozen() && AnnotatedMethods.of(targetClass).haveHandler()) {
			advised.addAdvisor(new DefaultPointcutAdvisor(POINTCUT, new ReturnValueInterceptor(this.invocations)));
		}
		return proxy;
	}

	@Override
	protected boolean isEligible(Class<?> targetClass) {
		boolean eligible = super.isEligible(targetClass);
		if (eligible) {
			AnnotatedMethods.of(targetClass).requireInterceptable(isProxyTargetClass());
		}
		return eligible;
	}

	/**
	 * Checks the methods of beans that have not been created yet as well. Otherwise, the
	 * error of a lazy bean would come too late.
	 */
	@Override
	public void afterSingletonsInstantiated() {
		if (this.beanFactory != null && this.methods != null) {
			for (Class<?> type : new AnnotatedBeans(this.beanFactory).methods().keySet()) {
				AnnotatedMethods.of(type).requireInterceptable(isProxyTargetClass());
				this.methods.requireReadable(type);
			}
		}
	}

}

package io.github.pgdispatch.modulith;

import java.util.function.Supplier;

import org.springframework.aop.AfterReturningAdvice;
import org.springframework.aop.framework.AbstractAdvisingBeanPostProcessor;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.NameMatchMethodPointcut;
import org.springframework.aop.support.RootClassFilter;
import org.springframework.modulith.events.support.EventExternalizationTransport;
import org.springframework.modulith.events.support.OutboxEventExternalizer;
import org.springframework.modulith.events.support.OutboxEventExternalizerFactory;

/**
 * Learns of each transport when its module asks Spring Modulith's factory for an
 * externalizer, which is how every module does it, and the application for its own ones.
 */
@SuppressWarnings("serial")
public final class OutboxTransportPostProcessor extends AbstractAdvisingBeanPostProcessor {

	/**
	 * Creates a post-processor.
	 * @param transports gets the transports; used by the first call of the factory
	 */
	public OutboxTransportPostProcessor(Supplier<OutboxTransports> transports) {
		NameMatchMethodPointcut pointcut = new NameMatchMethodPointcut();
		pointcut.setClassFilter(new RootClassFilter(OutboxEventExternalizerFactory.class));
		pointcut.setMappedName("forTransport");
		AfterReturningAdvice advice = (externalizer, method, arguments, factory) -> {
			if (externalizer != null) {
				transports.get()
					.add((EventExternalizationTransport) arguments[0], (OutboxEventExternalizer) externalizer);
			}
		};
		this.advisor = new DefaultPointcutAdvisor(pointcut, advice);
		setProxyTargetClass(true);
	}

}

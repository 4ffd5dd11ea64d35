package io.github.pgdispatch.modulith;

import java.util.List;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.ApplicationListener;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.expression.spel.support.StandardEvaluationContext;
import org.springframework.modulith.events.EventExternalizationConfiguration;
import org.springframework.modulith.events.RoutingTarget;
import org.springframework.modulith.events.support.BrokerRouting;
import org.springframework.util.Assert;

/**
 * Dispatches a job for each transport in the transaction that publishes an event which is
 * to be externalized.
 */
public final class OutboxEventListener implements ApplicationListener<PayloadApplicationEvent<?>> {

	private final EventExternalizationConfiguration configuration;

	private final OutboxTransports transports;

	private final EventFormat format;

	private final Supplier<OutboxSender> sender;

	private final boolean inOrder;

	private final StandardEvaluationContext routingContext = new StandardEvaluationContext();

	/**
	 * Creates a listener.
	 * @param configuration says which events are externalized, and how
	 * @param transports the transports of the application
	 * @param format the format of stored events
	 * @param sender the bean whose calls dispatch; used by the first event
	 * @param inOrder whether events with the same routing key are sent in order
	 * @param beanFactory resolves beans in expressions of targets and routing keys
	 */
	public OutboxEventListener(EventExternalizationConfiguration configuration, OutboxTransports transports,
			EventFormat format, Supplier<OutboxSender> sender, boolean inOrder, BeanFactory beanFactory) {
		this.configuration = configuration;
		this.transports = transports;
		this.format = format;
		this.sender = sender;
		this.inOrder = inOrder;
		this.routingContext.setBeanResolver(new BeanFactoryResolver(beanFactory));
	}

	/**
	 * The transaction belongs to the thread that publishes.
	 */
	@Override
	public boolean supportsAsyncExecution() {
		return false;
	}

	@Override
	public void onApplicationEvent(PayloadApplicationEvent<?> published) {
		Object event = published.getPayload();
		if (this.configuration.supports(event)) {
			dispatch(event);
		}
	}

	private void dispatch(Object event) {
		List<String> names = this.transports.names();
		Assert.state(!names.isEmpty(), () -> "An event of " + event.getClass()
				+ " is to be externalized, but no transport has asked Spring Modulith's OutboxEventExternalizerFactory"
				+ " for an externalizer. Add a module such as spring-modulith-events-kafka, or a bean that calls"
				+ " forTransport when it is created, and that is not lazy");
		String json = this.format.write(event);
		String type = event.getClass().getName();
		String routingKey = this.inOrder ? routingKey(event) : null;
		for (String transport : names) {
			dispatch(transport, type, json, routingKey);
		}
	}

	private void dispatch(String transport, String type, String json, @Nullable String routingKey) {
		try {
			if (routingKey != null) {
				this.sender.get().sendInOrder(transport, type, json, transport + " " + routingKey);
			}
			else {
				this.sender.get().send(transport, type, json);
			}
		}
		catch (RuntimeException | Error ex) {
			throw ex;
		}
		catch (Throwable ex) {
			throw new IllegalStateException("A dispatch has thrown a checked exception", ex);
		}
	}

	/**
	 * Returns the target and the routing key of an event, or {@code null} if it has no
	 * routing key. Expressions refer to what is sent, as those of the transports do.
	 */
	private @Nullable String routingKey(Object event) {
		RoutingTarget target = this.configuration.determineTarget(event);
		if (target.getKey() == null) {
			return null;
		}
		BrokerRouting routing = BrokerRouting.of(target, this.routingContext);
		Object payload = this.configuration.map(event);
		String key = routing.getKey(payload);
		return (key != null) ? routing.getTarget(payload) + "::" + key : null;
	}

}

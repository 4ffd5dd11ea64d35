package io.github.pgdispatch.modulith;

import java.util.concurrent.ExecutionException;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.modulith.events.EventExternalizationConfiguration;

/**
 * The handler that sends events. A call dispatches a job, and the job runs the body.
 */
public class OutboxSender {

	private final OutboxTransports transports;

	private final EventExternalizationConfiguration configuration;

	private final EventFormat format;

	/**
	 * Creates a sender.
	 * @param transports the transports of the application
	 * @param configuration says which events are externalized, and how
	 * @param format the format of stored events
	 */
	public OutboxSender(OutboxTransports transports, EventExternalizationConfiguration configuration,
			EventFormat format) {
		this.transports = transports;
		this.configuration = configuration;
		this.format = format;
	}

	/**
	 * Sends an event.
	 * @param transport the name of the transport
	 * @param type the name of the class of the event
	 * @param event the event as JSON
	 * @throws Throwable the exception of the transport
	 */
	@AfterCommitDispatch(name = "externalizedEvents.send", noRetryOn = UnsupportedEventException.class)
	void send(String transport, String type, String event) throws Throwable {
		sendNow(transport, type, event);
	}

	/**
	 * Sends an event after all earlier ones with the same ordering key.
	 * @param transport the name of the transport
	 * @param type the name of the class of the event
	 * @param event the event as JSON
	 * @param orderingKey the ordering key
	 * @throws Throwable the exception of the transport
	 */
	@AfterCommitDispatch(name = "externalizedEvents.sendInOrder", orderingKey = "#{#orderingKey}",
			noRetryOn = UnsupportedEventException.class)
	void sendInOrder(String transport, String type, String event, String orderingKey) throws Throwable {
		sendNow(transport, type, event);
	}

	/**
	 * Waits until the broker has the event. The time limit of the job, if it has one,
	 * interrupts it.
	 */
	private void sendNow(String transport, String type, String json) throws Throwable {
		Object event = this.format.read(type, json);
		if (!this.configuration.supports(event)) {
			throw new UnsupportedEventException("The EventExternalizationConfiguration of this node does not support"
					+ " this event of " + event.getClass() + ", so that it was not sent.");
		}
		try {
			this.transports.get(transport).externalize(event).get();
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() != null) ? ex.getCause() : ex;
		}
	}

}

package io.github.pgdispatch.modulith;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

import io.github.pgdispatch.PgDispatchConfigurationException;

import org.springframework.aop.support.AopUtils;
import org.springframework.modulith.events.support.EventExternalizationTransport;
import org.springframework.modulith.events.support.OutboxEventExternalizer;

/**
 * The transports of the application, such as that to Kafka. A job names the transport
 * that sends its event, so that the name is the same on all nodes and after a restart: it
 * is that of the class of the transport, or of the class that has the lambda expression.
 * Thread-safe.
 */
public final class OutboxTransports {

	private static final String LAMBDA = "$$Lambda";

	private final Map<String, OutboxEventExternalizer> externalizers = new ConcurrentSkipListMap<>();

	void add(EventExternalizationTransport transport, OutboxEventExternalizer externalizer) {
		String name = name(transport);
		if (this.externalizers.putIfAbsent(name, externalizer) != null) {
			throw new PgDispatchConfigurationException(
					"Two transports of events have the name '" + name
							+ "', so that a job could not tell which of them sends its event.",
					"Make each transport a class of its own, or a lambda expression in a class of its own.");
		}
	}

	private static String name(EventExternalizationTransport transport) {
		String type = AopUtils.getTargetClass(transport).getName();
		int lambda = type.indexOf(LAMBDA);
		return (lambda > 0) ? type.substring(0, lambda) : type;
	}

	/**
	 * Returns the names of all transports.
	 */
	List<String> names() {
		return List.copyOf(this.externalizers.keySet());
	}

	/**
	 * Returns the externalizer that sends events with a transport.
	 * @throws IllegalStateException if this node does not have the transport
	 */
	OutboxEventExternalizer get(String name) {
		OutboxEventExternalizer externalizer = this.externalizers.get(name);
		if (externalizer == null) {
			throw new IllegalStateException("This node has no transport '" + name + "' to send the event with, only "
					+ names()
					+ ". If the transport was renamed, bring it back under its old name until its jobs are done");
		}
		return externalizer;
	}

}

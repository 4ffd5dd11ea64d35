package io.github.pgdispatch.autoconfigure;

import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties for the outbox of Spring Modulith.
 *
 * @param enabled Whether pg-dispatch is the outbox of Spring Modulith if the mode of its
 * externalization is 'outbox'
 * @param inOrder Whether events with the same target and routing key are sent one after
 * the other, in the order in which they were published. An event that has become a dead
 * letter holds the later ones
 * @param eventTypes Types of events that are externalized without the annotation
 * '@Externalized'. Subtypes are included
 */
@ConfigurationProperties("pgdispatch.modulith")
record PgDispatchModulithProperties(@DefaultValue("true") boolean enabled, @DefaultValue("false") boolean inOrder,
		@DefaultValue List<Class<?>> eventTypes) {

}

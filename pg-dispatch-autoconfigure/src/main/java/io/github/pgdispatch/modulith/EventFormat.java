package io.github.pgdispatch.modulith;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

import io.github.pgdispatch.handler.LosslessMapper;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.modulith.events.Externalized;
import org.springframework.util.ClassUtils;

/**
 * Writes events as JSON, and reads them. It reads only types that were declared to be
 * externalized: with an annotation, or by the application. So whoever may change a row
 * cannot make a node create an object of another class. Thread-safe.
 */
public final class EventFormat {

	private static final List<String> ANNOTATIONS = List.of(Externalized.class.getName(),
			"org.jmolecules.event.annotation.Externalized");

	private final Supplier<LosslessMapper> mapper;

	private final List<Class<?>> declaredTypes;

	private final @Nullable ClassLoader classLoader;

	/**
	 * Creates a format.
	 * @param mapper the mapper of the application; used by the first event
	 * @param declaredTypes the types that need no annotation, including subtypes
	 * @param classLoader the class loader that has the types, or {@code null} for that of
	 * the thread
	 */
	public EventFormat(Supplier<LosslessMapper> mapper, List<Class<?>> declaredTypes,
			@Nullable ClassLoader classLoader) {
		this.mapper = mapper;
		this.declaredTypes = List.copyOf(declaredTypes);
		this.classLoader = classLoader;
	}

	/**
	 * Writes an event.
	 * @throws IllegalArgumentException if the event could not be read again
	 */
	String write(Object event) {
		Class<?> type = event.getClass();
		if (!isDeclared(type)) {
			throw refused(type, "its type is not declared. Annotate it with @Externalized, or add it to the property"
					+ " pgdispatch.modulith.event-types", null);
		}
		String json;
		Object copy;
		try {
			json = this.mapper.get().write(event);
			copy = this.mapper.get().read(json, type);
		}
		catch (RuntimeException ex) {
			throw refused(type,
					"Jackson cannot write it, or cannot read it again. Make it a record or anything else that it"
							+ " writes and reads",
					ex);
		}
		if (!Objects.equals(event, copy) && !json.equals(this.mapper.get().write(copy))) {
			throw refused(type, "it changes when it is written as JSON and read again. Declare more specific types for"
					+ " its properties", null);
		}
		return json;
	}

	private static IllegalArgumentException refused(Class<?> type, String reason, @Nullable Throwable cause) {
		return new IllegalArgumentException("An event of " + type + " cannot be stored: " + reason + ".", cause);
	}

	/**
	 * Reads an event.
	 * @throws UnsupportedEventException if the type is not declared, in which case
	 * nothing of it is initialized
	 * @throws IllegalStateException if the JSON does not fit the type
	 */
	Object read(String typeName, String json) {
		Class<?> type = type(typeName);
		try {
			return this.mapper.get().read(json, type);
		}
		catch (RuntimeException ex) {
			// Its message and its cause may show the event.
			String where = (ex instanceof JacksonException jackson) ? " (at " + jackson.getPathReference() + ")" : "";
			throw new IllegalStateException(
					"The stored event does not fit " + type + where + ", which may have changed since it was stored.");
		}
	}

	private Class<?> type(String name) {
		Class<?> type;
		try {
			type = ClassUtils.forName(name, this.classLoader);
		}
		catch (ClassNotFoundException | LinkageError ex) {
			throw new UnsupportedEventException("This node has no class '" + name
					+ "' for the event. If it was renamed, bring it back under its old name until its jobs are done.");
		}
		if (!isDeclared(type)) {
			throw new UnsupportedEventException("The job names " + type + ", which is not declared to be externalized,"
					+ " so that the event was not read. If it is an event, annotate it with @Externalized, or add it to"
					+ " the property pgdispatch.modulith.event-types. Then retry the job.");
		}
		return type;
	}

	private boolean isDeclared(Class<?> type) {
		MergedAnnotations annotations = MergedAnnotations.from(type, SearchStrategy.TYPE_HIERARCHY);
		return ANNOTATIONS.stream().anyMatch(annotations::isPresent)
				|| this.declaredTypes.stream().anyMatch((declared) -> declared.isAssignableFrom(type));
	}

}

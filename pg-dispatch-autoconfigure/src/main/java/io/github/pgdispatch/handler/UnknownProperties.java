package io.github.pgdispatch.handler;

import java.util.HashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.DeserializationProblemHandler;

/**
 * Remembers the names of properties that Jackson does not know when it reads a value.
 */
final class UnknownProperties {

	private static final Object ATTRIBUTE = UnknownProperties.class;

	private final Set<String> names = new HashSet<>();

	/**
	 * Returns a reader that remembers here what it does not know.
	 */
	ObjectReader remembering(ObjectReader reader) {
		return reader.withAttribute(ATTRIBUTE, this);
	}

	boolean isEmpty() {
		return this.names.isEmpty();
	}

	boolean contains(String name) {
		return this.names.contains(name);
	}

	/**
	 * Lets a mapper remember.
	 */
	static final class Handler extends DeserializationProblemHandler {

		@Override
		public boolean handleUnknownProperty(DeserializationContext context, JsonParser parser,
				@Nullable ValueDeserializer<?> deserializer, Object beanOrClass, String name) {
			if (context.getAttribute(ATTRIBUTE) instanceof UnknownProperties unknown) {
				unknown.names.add(name);
			}
			return false;
		}

	}

}

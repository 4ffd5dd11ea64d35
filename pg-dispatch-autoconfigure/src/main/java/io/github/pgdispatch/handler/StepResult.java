package io.github.pgdispatch.handler;

import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;

/**
 * Writes and reads the result of a step. As with arguments, a result that would be
 * different after it has been written and read is refused.
 */
final class StepResult {

	private final String step;

	private final JavaType type;

	private final LosslessMapper mapper;

	private final ObjectReader reader;

	/**
	 * Creates an instance.
	 * @param step the name of the step
	 * @param type the type of the result
	 * @param mapper that writes and reads it
	 * @throws UnstorableResultException if the type has a JPA entity
	 */
	StepResult(String step, Type type, LosslessMapper mapper) {
		this.step = step;
		this.type = mapper.type(type);
		this.mapper = mapper;
		this.reader = mapper.reader(this.type);
		requireNoEntity(Entities.findIn(this.type));
	}

	private void requireNoEntity(@Nullable Class<?> entity) {
		if (entity != null) {
			throw new UnstorableResultException(this.step, entity.getName()
					+ " is a JPA entity, which would be out of date in another attempt. Return its id.", null);
		}
	}

	String write(@Nullable Object value) {
		if (value != null && !Entities.isTypeExact(this.type)) {
			requireNoEntity(Entities.findIn(value));
		}
		String json;
		Object copy;
		try {
			json = this.mapper.writer(this.type).writeValueAsString(value);
			copy = this.reader.readValue(json);
		}
		catch (RuntimeException ex) {
			throw new UnstorableResultException(this.step,
					"Jackson cannot write it and read it again as " + this.type.toCanonical()
							+ ". Return an id, a record or anything else that Jackson writes and reads.",
					ex);
		}
		if (!Objects.deepEquals(value, copy)) {
			throw new UnstorableResultException(this.step,
					"it changes when it is written as JSON and read again as " + this.type.toCanonical()
							+ ". Return a more specific type, which needs to have equals(), or an id.",
					null);
		}
		if (!StandardCharsets.UTF_8.newEncoder().canEncode(json)) {
			throw new UnstorableResultException(this.step,
					"it contains an unpaired surrogate, which PostgreSQL cannot store. Remove it.", null);
		}
		return json;
	}

	/**
	 * Reads the result of an earlier attempt, whose version of the method may have been
	 * another one.
	 * @throws ArgumentMismatchException if it does not fit the type
	 */
	@Nullable Object read(@Nullable String json) {
		if (json == null) {
			throw mismatch("the step returned nothing when it was run", null);
		}
		UnknownProperties unknown = new UnknownProperties();
		Object value;
		try {
			value = unknown.remembering(this.reader).readValue(json);
		}
		catch (RuntimeException ex) {
			throw mismatch("its JSON cannot be read", ex);
		}
		String loss = (value != null)
				? new PropertyCheck(this.type, this.mapper).findLoss(this.mapper.tree(json), value, unknown) : null;
		if (loss != null) {
			throw mismatch(loss, null);
		}
		return value;
	}

	private ArgumentMismatchException mismatch(String reason, @Nullable Throwable cause) {
		return new ArgumentMismatchException("The kept result of the step '" + this.step + "' does not fit "
				+ this.type.toCanonical() + ": " + reason + ".", cause);
	}

}

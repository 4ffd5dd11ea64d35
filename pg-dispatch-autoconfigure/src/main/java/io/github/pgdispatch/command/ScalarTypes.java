package io.github.pgdispatch.command;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGobject;

import org.springframework.util.ClassUtils;

/**
 * The Java types that can be written as SQL literals.
 */
final class ScalarTypes {

	private static final String TEXT = "pg_catalog.text";

	private static final String TIMESTAMPTZ = "pg_catalog.timestamptz";

	private final List<ScalarType<?>> types = new ArrayList<>();

	ScalarTypes() {
		this.types.add(ScalarType.of(Enum.class, TEXT, (constant) -> constant.name()));
		this.types.add(ScalarType.of(CharSequence.class, TEXT, CharSequence::toString));
		this.types.add(ScalarType.of(Character.class, TEXT, String::valueOf));
		this.types.add(ScalarType.of(Boolean.class, "boolean", String::valueOf));
		this.types.add(ScalarType.of(UUID.class, "pg_catalog.uuid", UUID::toString));
		this.types
			.add(ScalarType.of(byte[].class, "pg_catalog.bytea", (bytes) -> "\\x" + HexFormat.of().formatHex(bytes)));
		addNumbers();
		addDatesAndTimes();
		this.types.add(new ScalarType<>(PGobject.class, null, PgObjects::literal));
		if (ClassUtils.isPresent("tools.jackson.databind.JsonNode", ScalarTypes.class.getClassLoader())) {
			this.types.add(JsonNodes.type());
		}
	}

	private void addNumbers() {
		this.types.add(ScalarType.of(Byte.class, "smallint", String::valueOf));
		this.types.add(ScalarType.of(Short.class, "smallint", String::valueOf));
		this.types.add(ScalarType.of(Integer.class, "integer", String::valueOf));
		this.types.add(ScalarType.of(Long.class, "bigint", String::valueOf));
		this.types.add(ScalarType.of(Float.class, "real", String::valueOf));
		this.types.add(ScalarType.of(Double.class, "double precision", String::valueOf));
		this.types.add(ScalarType.of(BigDecimal.class, "numeric", Numerics::text));
		this.types.add(ScalarType.of(BigInteger.class, "numeric", (number) -> Numerics.text(new BigDecimal(number))));
	}

	private void addDatesAndTimes() {
		this.types.add(ScalarType.of(LocalDate.class, "pg_catalog.date", DatesAndTimes::date));
		this.types.add(ScalarType.of(LocalTime.class, "time", DatesAndTimes::time));
		this.types.add(ScalarType.of(OffsetTime.class, "pg_catalog.timetz", DatesAndTimes::timetz));
		this.types.add(ScalarType.of(LocalDateTime.class, "timestamp", DatesAndTimes::timestamp));
		this.types.add(ScalarType.of(Instant.class, TIMESTAMPTZ, DatesAndTimes::timestamptz));
		this.types.add(ScalarType.of(OffsetDateTime.class, TIMESTAMPTZ, DatesAndTimes::timestamptz));
		this.types.add(ScalarType.of(ZonedDateTime.class, TIMESTAMPTZ,
				(dateTime) -> DatesAndTimes.timestamptz(dateTime.toInstant())));
		this.types.add(ScalarType.of(java.sql.Date.class, "pg_catalog.date", DatesAndTimes::date));
		this.types.add(ScalarType.of(java.sql.Time.class, "time", DatesAndTimes::time));
		this.types.add(ScalarType.of(Date.class, TIMESTAMPTZ, (date) -> DatesAndTimes.timestamptz(date.toInstant())));
		this.types.add(ScalarType.of(Duration.class, "interval", Intervals::text));
		this.types.add(ScalarType.of(Period.class, "interval", Intervals::text));
	}

	@Nullable ScalarType<?> find(Class<?> javaType) {
		for (ScalarType<?> type : this.types) {
			if (type.javaType().isAssignableFrom(javaType)) {
				return type;
			}
		}
		return null;
	}

	Literal literal(Object value) {
		ScalarType<?> type = find(value.getClass());
		if (type == null) {
			throw new IllegalArgumentException("there is no SQL type for " + value.getClass()
					+ ". Convert it to a type that has one, or pass a String and cast it, as in :name::type");
		}
		return type.literalOf(value);
	}

}

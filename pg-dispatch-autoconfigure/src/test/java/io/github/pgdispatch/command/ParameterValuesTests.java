package io.github.pgdispatch.command;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.namedparam.BeanPropertySqlParameterSource;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.namedparam.SimplePropertySqlParameterSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Where values are found, and what is said where there are none.
 */
class ParameterValuesTests {

	private final User ada = new User(1L, new Address("London", null));

	@Test
	void areFoundInAMap() {
		ParameterValues values = ParameterValues.of(Map.of("id", 1L, "user", Map.of("id", 2L)));
		assertThat(values.value("id")).isEqualTo(1L);
		assertThat(values.value("user.id")).isEqualTo(2L);
		assertThat(ParameterValues.of(Collections.singletonMap("id", null)).value("id")).isNull();
	}

	@Test
	void areFoundInARecord() {
		ParameterValues values = ParameterValues.of(this.ada);
		assertThat(values.value("id")).isEqualTo(1L);
		assertThat(values.value("address.city")).isEqualTo("London");
		assertThat(values.value("address.street")).isNull();
	}

	@Test
	void areFoundInABean() {
		ParameterValues values = ParameterValues.of(new Account(this.ada));
		assertThat(values.value("active")).isEqualTo(true);
		assertThat(values.value("owner.address.city")).isEqualTo("London");
		assertThat(values.value("note")).isEqualTo("a field");
	}

	@Test
	void areFoundInAnSqlParameterSource() {
		assertThat(ParameterValues.of(new MapSqlParameterSource("user", this.ada)).value("user.address.city"))
			.isEqualTo("London");
		assertThat(ParameterValues.of(new BeanPropertySqlParameterSource(new Account(this.ada))).value("owner.id"))
			.isEqualTo(1L);
		assertThat(ParameterValues.of(new SimplePropertySqlParameterSource(this.ada)).value("address.city"))
			.isEqualTo("London");
		assertThat(ParameterValues.of(new MapSqlParameterSource("user.id", 3L)).value("user.id")).isEqualTo(3L);
	}

	@Test
	void areMissedByTheNameOfTheParameterAndThoseThatExist() {
		assertThatIllegalArgumentException().isThrownBy(() -> ParameterValues.of(Map.of("id", 1)).value("idd"))
			.withMessage("Parameter ':idd' has no value: the map has no key 'idd'. Its keys are [id].");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> ParameterValues.of(Map.of("user", Map.of("id", 1))).value("user.name"))
			.withMessage("Parameter ':user.name' has no value: the map has no key 'name'. Its keys are [id].");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> ParameterValues.of(new MapSqlParameterSource("id", 1)).value("idd"))
			.withMessage("Parameter ':idd' has no value: the SqlParameterSource has no 'idd'. Its names are [id].");
		assertThatIllegalArgumentException().isThrownBy(() -> ParameterValues.of(this.ada).value("address.zip"))
			.withMessage("Parameter ':address.zip' has no value: " + Address.class + " has no property 'zip'.");
	}

	@Test
	void areNotFoundBeyondNull() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> ParameterValues.of(this.ada).value("address.street.number"))
			.withMessage("Parameter ':address.street.number' has no value: 'address.street' is null.");
		assertThatIllegalArgumentException()
			.isThrownBy(
					() -> ParameterValues.of(new BeanPropertySqlParameterSource(new Account(null))).value("owner.id"))
			.withMessage("Parameter ':owner.id' has no value: 'owner' is null.");
	}

	@Test
	void areNotFoundWhereTheyCannotBeRead() {
		assertThatIllegalArgumentException().isThrownBy(() -> ParameterValues.of(new Account(null)).value("broken"))
			.withMessageContaining("Parameter ':broken' has no value: property 'broken' of " + Account.class)
			.withCauseInstanceOf(IllegalStateException.class);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> ParameterValues.of(Map.of("optional", Optional.of(1))).value("optional.value"))
			.withMessageContaining("cannot be read");
	}

	@Test
	void haveNames() {
		for (Object parameters : new Object[] { "a", 1L, 'x', true, UUID.randomUUID(), Duration.ZERO, Instant.EPOCH,
				List.of(1), new int[] { 1 }, new Object[0], Optional.of(1), Thread.State.NEW }) {
			assertThatIllegalArgumentException().isThrownBy(() -> ParameterValues.of(parameters))
				.withMessage("The parameters are a value of " + parameters.getClass()
						+ ". Pass a Map, a bean, a record or a SqlParameterSource that has the values by name.");
		}
		assertThatIllegalArgumentException().isThrownBy(() -> ParameterValues.of(null))
			.withMessageStartingWith("The parameters are null.");
	}

	private record User(long id, Address address) {

	}

	private record Address(String city, String street) {

	}

	public static final class Account {

		@SuppressWarnings("unused")
		private final String note = "a field";

		private final User owner;

		Account(User owner) {
			this.owner = owner;
		}

		public User getOwner() {
			return this.owner;
		}

		public boolean isActive() {
			return true;
		}

		public String getBroken() {
			throw new IllegalStateException("broken");
		}

	}

}

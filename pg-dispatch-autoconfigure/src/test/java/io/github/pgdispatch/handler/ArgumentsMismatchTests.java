package io.github.pgdispatch.handler;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Jobs wait while the application is changed: their arguments fit the new method, or it
 * is said which of them does not.
 */
class ArgumentsMismatchTests {

	private MethodArguments arguments = new MethodArguments(Methods.class);

	@Test
	void argumentsThatAreNoMoreAreIgnored() {
		assertThat(this.arguments.read("number", "{\"gone\":[{\"a\":1}],\"number\":1,\"also\":null}"))
			.containsExactly(1L);
	}

	@Test
	void orderDoesNotMatter() {
		assertThat(this.arguments.read("two", "{\"b\":2,\"a\":1}")).containsExactly(1, 2);
	}

	@Test
	void newArgumentsThatMayBeMissing() {
		assertThat(this.arguments.read("missing", "{}")).containsExactly(Optional.empty(), null, null, null);
	}

	@Test
	void argumentThatIsUnknownAndOneThatIsMissingMayHaveBeenRenamed() {
		for (String name : new String[] { "a", "b", "c", "d" }) {
			assertMismatch("missing", "{\"x\":\"secret\"}", "the stored argument 'x' is unknown");
			assertMismatch("missing",
					"{\"a\":null,\"b\":null,\"c\":null,\"d\":null,\"x\":1}".replace("\"" + name + "\":null,", "")
						.replace(",\"" + name + "\":null", ""),
					"the stored argument 'x' is unknown");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "person", "bean", "built", "annotated" })
	void propertyThatIsUnknownAndOneThatIsMissingMayHaveBeenRenamed(String method) {
		for (MethodArguments each : mappers()) {
			this.arguments = each;
			assertMismatch(method, "{\"" + method + "\":{\"givenName\":\"secret\",\"city\":\"London\"}}",
					"the property 'givenName' is unknown, and 'firstName' is missing");
			assertMismatch(method, "{\"" + method + "\":{\"firstName\":\"Ada\",\"town\":\"secret\"}}",
					"the property 'town' is unknown, and 'city' is missing");
		}
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
			nested   | {"p":@,"q":null}
			people   | [@]
			byName   | {"secret":@}
			maybe    | @
			shapes   | [{"kind":"circle","radius":1},{"kind":"holder","person":@}]
			generic  | {"value":@}
			deep     | {"q":[{"secret":{"p":@}}]}
			""")
	void propertiesOfWhatIsNestedMayHaveBeenRenamed(String method, String json) {
		for (MethodArguments each : mappers()) {
			this.arguments = each;
			assertMismatch(method,
					"{\"" + method + "\":" + json.replace("@", "{\"givenName\":\"secret\",\"city\":\"London\"}") + "}",
					"the property 'givenName' is unknown, and 'firstName' is missing");
			for (String fits : new String[] { "{\"firstName\":\"Ada\",\"city\":\"London\"}", "{\"firstName\":\"Ada\"}",
					"{\"firstName\":\"Ada\",\"city\":null,\"gone\":{}}" }) {
				assertThat(this.arguments.read(method, "{\"" + method + "\":" + json.replace("@", fits) + "}")).as(fits)
					.doesNotContainNull();
			}
		}
	}

	private List<MethodArguments> mappers() {
		return List.of(new MethodArguments(Methods.class),
				new MethodArguments(Methods.class,
						JsonMapper.builder()
							.changeDefaultPropertyInclusion(
									(inclusion) -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
							.build()));
	}

	@Test
	void propertyThatIsAddedMustBeNullable() {
		assertThat(this.arguments.read("person", "{\"person\":{\"firstName\":\"Ada\"}}"))
			.containsExactly(new Person("Ada", null));
		assertMismatch("person", "{\"person\":{\"city\":\"London\"}}", "the property 'firstName' is missing");
		assertThat(this.arguments.read("optionals", "{\"optionals\":{}}"))
			.containsExactly(new Optionals(Optional.empty(), OptionalInt.empty(), null));
		// A constructor without arguments has set what the application wants.
		assertThat(this.arguments.read("bean", "{\"bean\":{\"city\":\"London\"}}")).singleElement()
			.satisfies((bean) -> assertThat(((Bean) bean).firstName).isNull());
	}

	@Test
	void propertyMayHaveItsOldNameAsAnAlias() {
		assertThat(this.arguments.read("renamed", "{\"renamed\":{\"givenName\":\"Ada\",\"gone\":1}}"))
			.containsExactly(new Renamed("Ada"));
	}

	@Test
	void propertiesThatOnlyTheApplicationUnderstandsStayAsTheyAre() {
		assertThat(this.arguments.writeAndRead("computed", new Computed("Ada", null)))
			.containsExactly(new Computed("Ada", null));
		assertThat(this.arguments.writeAndRead("sparse", new Sparse("Ada", null)))
			.containsExactly(new Sparse("Ada", null));
		assertThat(this.arguments.read("lax", "{\"lax\":{\"firstName\":\"Ada\",\"b\":1}}"))
			.containsExactly(new Lax("Ada", null));
	}

	@ParameterizedTest
	@ValueSource(strings = { "number", "wrapper", "text", "list", "elementsNullable", "profile" })
	void newArgumentsThatMustNotBeMissing(String method) {
		assertMismatch(method, "{}", "it is missing");
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
			number   | null
			number   | "12"
			number   | ""
			number   | 1.5
			number   | true
			number   | [1]
			number   | {}
			number   | 9223372036854775808
			wrapper  | "12"
			wrapper  | ""
			wrapper  | 1.5
			small    | 2147483648
			fraction | "1.5"
			fraction | 0.12345678901234567890
			fraction | 1e999
			single   | 0.123456789
			decimal  | "1.5"
			flag     | 1
			flag     | "true"
			flag     | null
			text     | 12
			text     | true
			text     | 1.5
			text     | {}
			day      | "FEIERTAG"
			day      | 1
			day      | ""
			uuid     | ""
			uuid     | "x"
			date     | ""
			date     | 12
			date     | [2024,2,29]
			instant  | 12
			duration | 20000
			list     | ["12"]
			list     | [1.5]
			list     | 12
			list     | ""
			set      | [1,"12"]
			set      | [true]
			map      | {"a":["12"]}
			map      | {"a":[1.5]}
			optional | "12"
			profile  | "x"
			profile  | []
			profile  | {"name":"secret","age":"x"}
			profile  | {"name":"secret","age":1.5}
			profile  | {"name":"secret"}
			profiles | [{"name":"secret","age":-1}]
			""")
	void typesThatHaveChanged(String method, String json) {
		assertMismatch(method, "{\"" + method + "\":" + json + "}", "");
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
			number   | 12
			wrapper  | null
			fraction | 12
			fraction | "NaN"
			single   | 0.1
			decimal  | 12
			decimal  | 1E+3
			date     | null
			list     | [1,null]
			list     | []
			set      | [3,1,2,1]
			map      | {"a":[1],"b":null}
			optional | null
			profile  | {"name":"a","age":1,"gone":true}
			""")
	void typesThatStillFit(String method, String json) {
		assertThat(this.arguments.read(method, "{\"" + method + "\":" + json + "}")).hasSize(1);
	}

	@Test
	void messagesNameTheArgumentAndThePlace() {
		assertMismatch("number", "{\"number\":null}", "it is null, but the parameter is of type long");
		assertMismatch("number", "{\"number\":\"12\"}", "its JSON does not represent a value of type long");
		assertMismatch("day", "{\"day\":\"secret\"}", "its JSON cannot be read as java.time.DayOfWeek");
		assertMismatch("profiles",
				"{\"profiles\":[{\"name\":\"secret\",\"age\":1},{\"name\":\"secret\",\"age\":\"x\"}]}",
				"(at [1].age, of type int)");
		assertMismatch("two", "{\"a\":1}", "Argument 'b'");
	}

	@Test
	void unknownConstantsEvenIfTheApplicationForgivesThem() {
		this.arguments = new MethodArguments(Methods.class,
				JsonMapper.builder()
					.enable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL,
							EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
					.build());
		assertMismatch("day", "{\"day\":\"FEIERTAG\"}", "");
		assertMismatch("color", "{\"color\":\"BLUE\"}", "");
		assertMismatch("colors", "{\"colors\":[\"BLUE\"]}", "");
		// In a type of the application's, that is what it has asked for.
		assertThat(this.arguments.read("car", "{\"car\":{\"color\":\"BLUE\"}}")).containsExactly(new Car(Color.OTHER));
	}

	@Test
	void numbersThatTheApplicationReadsAsOthers() {
		this.arguments = new MethodArguments(Methods.class, JsonMapper.builder()
			.addModule(new SimpleModule().addDeserializer(Long.TYPE, new StdDeserializer<>(Long.TYPE) {

				@Override
				public Long deserialize(JsonParser parser, DeserializationContext context) {
					return Math.min(parser.getLongValue(), 10);
				}

			}))
			.build());
		assertThat(this.arguments.read("number", "{\"number\":9}")).containsExactly(9L);
		assertMismatch("number", "{\"number\":12}", "its JSON does not represent a value of type long");
	}

	@Test
	void typesOfTheApplicationReadWhatTheyAccept() {
		assertThat(this.arguments.read("amount", "{\"amount\":\"12 EUR\"}")).containsExactly(new Amount("12 EUR"));
		assertThat(this.arguments.read("amounts", "{\"amounts\":[\"12 EUR\"]}"))
			.containsExactly(List.of(new Amount("12 EUR")));
		assertThat(this.arguments.write("textual", new Textual(12))).isEqualTo("{\"textual\":{\"number\":\"12\"}}");
		assertThat(this.arguments.read("textual", "{\"textual\":{\"number\":\"12\",\"gone\":1}}"))
			.containsExactly(new Textual(12));
	}

	@ParameterizedTest
	@ValueSource(strings = { "[]", "null", "1", "", "{", "{\"number\":1", "x" })
	void whatIsNoJsonObject(String json) {
		assertThatExceptionOfType(ArgumentMismatchException.class).isThrownBy(() -> this.arguments.read("number", json))
			.withMessageContaining(".number(long)");
	}

	private void assertMismatch(String method, String json, String reason) {
		assertThatExceptionOfType(ArgumentMismatchException.class).isThrownBy(() -> this.arguments.read(method, json))
			.withMessageMatching("Argument '(" + method + "|[a-z])' does not fit .*\\." + method + "\\(.*")
			.withMessageContaining(reason)
			.withMessageNotContaining("secret");
	}

	interface Methods {

		void number(long number);

		void wrapper(Long wrapper);

		void small(int small);

		void fraction(double fraction);

		void single(float single);

		void decimal(BigDecimal decimal);

		void flag(boolean flag);

		void text(String text);

		void day(DayOfWeek day);

		void color(Color color);

		void colors(List<Color> colors);

		void car(Car car);

		void uuid(UUID uuid);

		void date(LocalDate date);

		void instant(Instant instant);

		void duration(Duration duration);

		void list(List<Long> list);

		void set(Set<Long> set);

		void map(Map<String, List<Integer>> map);

		void optional(Optional<Integer> optional);

		void profile(Profile profile);

		void profiles(List<Profile> profiles);

		void amount(Amount amount);

		void amounts(List<Amount> amounts);

		void textual(Textual textual);

		void two(int a, int b);

		void missing(Optional<String> a, @org.jspecify.annotations.Nullable String b, @Nullable Long c,
				String @org.jspecify.annotations.Nullable [] d);

		void person(Person person);

		void bean(Bean bean);

		void built(Built built);

		void annotated(Annotated annotated);

		void nested(Pair<Person> nested);

		void people(List<Person> people);

		void byName(Map<String, Person> byName);

		void maybe(Optional<Person> maybe);

		void shapes(List<Shape> shapes);

		void generic(Box<Person> generic);

		void deep(Pair<List<Map<String, Pair<Person>>>> deep);

		void optionals(Optionals optionals);

		void renamed(Renamed renamed);

		void computed(Computed computed);

		void sparse(Sparse sparse);

		void lax(Lax lax);

		void elementsNullable(@org.jspecify.annotations.Nullable String[] elementsNullable);

	}

	@Target({ ElementType.PARAMETER, ElementType.RECORD_COMPONENT })
	@Retention(RetentionPolicy.RUNTIME)
	@interface Nullable {

	}

	enum Color {

		RED, @JsonEnumDefaultValue
		OTHER

	}

	record Car(Color color) {

	}

	record Profile(String name, int age) {

		Profile {
			if (age < 0) {
				throw new IllegalArgumentException(name + " is not born yet");
			}
		}

	}

	record Person(String firstName, @org.jspecify.annotations.Nullable String city) {

	}

	record Pair<T>(@org.jspecify.annotations.Nullable T p, @org.jspecify.annotations.Nullable T q) {

	}

	record Box<T>(T value) {

	}

	record Optionals(Optional<String> a, OptionalInt b, @Nullable String c) {

	}

	record Renamed(@JsonAlias("givenName") String firstName) {

	}

	record Computed(String firstName, String city) {

		@JsonProperty
		String greeting() {
			return "Dear " + this.firstName;
		}

	}

	@JsonInclude(JsonInclude.Include.NON_NULL)
	record Sparse(String firstName, String city) {

	}

	@JsonIgnoreProperties(ignoreUnknown = true)
	record Lax(String firstName, @Nullable String a) {

	}

	static class Bean {

		public String firstName;

		public String city;

	}

	@JsonInclude(JsonInclude.Include.NON_EMPTY)
	record Annotated(@Nullable String firstName, @Nullable String city) {

	}

	@JsonDeserialize(builder = Built.Builder.class)
	record Built(String firstName, String city) {

		static class Builder {

			private String firstName;

			private String city;

			Builder withFirstName(String firstName) {
				this.firstName = firstName;
				return this;
			}

			Builder withCity(String city) {
				this.city = city;
				return this;
			}

			Built build() {
				return new Built(this.firstName, this.city);
			}

		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
	@JsonSubTypes({ @JsonSubTypes.Type(value = Circle.class, name = "circle"),
			@JsonSubTypes.Type(value = Holder.class, name = "holder") })
	interface Shape {

	}

	record Circle(int radius) implements Shape {

	}

	record Holder(Person person) implements Shape {

	}

	record Textual(@JsonFormat(shape = JsonFormat.Shape.STRING) long number) {

	}

	record Amount(String text) {

		/**
		 * Of what has been written before it was a record.
		 */
		@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
		static Amount of(String text) {
			return new Amount(text);
		}

	}

}

package io.github.pgdispatch.handler;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonIgnore;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What cannot be stored without loss is refused at once: later, nobody would be there to
 * hear of it.
 */
class ArgumentsRefusalTests {

	private final MethodArguments arguments = new MethodArguments(Methods.class);

	@ParameterizedTest
	@ValueSource(strings = { "entity", "entities", "entityArray", "entitiesByName", "entitiesAsKeys", "optionalEntity",
			"boundedEntities", "subclassOfEntity", "listOfEntities" })
	void entitiesAsParameters(String method) {
		assertThatIllegalArgumentException().isThrownBy(() -> this.arguments.of(method))
			.withMessageContainingAll("Parameter 'profile' of ", "." + method + "(",
					Profile.class.getName() + " is a JPA entity", "Pass its id");
	}

	@Test
	void entitiesAsArguments() {
		Profile profile = new Profile();
		Profile proxy = new Profile() {
		};
		for (Object argument : new Object[] { profile, proxy, List.of(profile), Map.of("a", profile),
				Optional.of(profile), new Object[] { null, profile } }) {
			assertRefused("object", argument, Profile.class.getName() + " is a JPA entity");
		}
	}

	@Test
	void parametersWithoutNames() throws Exception {
		Method method = Comparable.class.getMethod("compareTo", Object.class);
		assertThatIllegalArgumentException().isThrownBy(() -> Arguments.of(method, LosslessMapper.of(new JsonMapper())))
			.withMessageContainingAll("compareTo", "Compile with -parameters");
	}

	@Test
	void typesThatJacksonCannotWrite() {
		List<Object> itself = new ArrayList<>();
		itself.add(itself);
		assertRefused("object", itself, "Jackson cannot write it (at [0][0]");
		assertRefused("object", new Failing("secret"), "Jackson cannot write it (at .name)");
	}

	@Test
	void typesThatJacksonCannotRead() {
		assertRefused("stream", new ByteArrayInputStream(new byte[0]), "Jackson");
		assertRefused("holder", new Holder(() -> "secret"), "cannot read it again as", "(at .bean)");
		assertRefused("sealed", new Dog("Rex"), "cannot read it again as " + Animal.class.getName());
	}

	@Test
	void whatDoesNotComeBackEqual() {
		assertRefused("object", 5L, "(a java.lang.Long as a java.lang.Integer)");
		assertRefused("object", new Forgetful(1, "secret"), "(a " + Forgetful.class.getName());
		assertRefused("forgetful", new Forgetful(1, "secret"), "(another " + Forgetful.class.getName() + ")");
		assertRefused("collection", Set.of(1L), " as a java.util.ArrayList)", "Declare a more specific type");
		assertRefused("withoutEquals", new WithoutEquals(), "(another ", "equals()");
		assertRefused("optional", null, "(a null as a java.util.Optional)");
	}

	@ParameterizedTest
	@ValueSource(ints = { 500, 60 })
	void whatIsNestedTooDeeplyToBeReadIsRefusedAtTheCall(int maxDepth) {
		MethodArguments limited = new MethodArguments(Methods.class,
				JsonMapper
					.builder(JsonFactory.builder()
						.streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(maxDepth).build())
						.build())
					.build());
		Object deepest = nested(maxDepth - 1);
		assertThat(limited.writeAndRead("object", deepest)).containsExactly(deepest);
		assertThatIllegalArgumentException().isThrownBy(() -> limited.write("object", nested(maxDepth)))
			.withMessageContaining("at most " + (maxDepth - 1) + " levels");
		assertThatIllegalArgumentException().isThrownBy(() -> limited.write("object", nested(maxDepth + 1)))
			.withMessageContaining("cannot be stored");
	}

	private static List<?> nested(int depth) {
		List<?> nested = List.of();
		for (int i = 1; i < depth; i++) {
			nested = List.of(nested);
		}
		return nested;
	}

	@Test
	void whatTheApplicationReadsAsSomethingElse() {
		SimpleModule stripping = new SimpleModule("stripping").addDeserializer(String.class, new Stripping());
		MethodArguments stripped = new MethodArguments(Methods.class,
				JsonMapper.builder().addModule(stripping).build());
		assertThat(stripped.write("text", "a")).isEqualTo("{\"text\":\"a\"}");
		assertThatIllegalArgumentException().isThrownBy(() -> stripped.write("text", " a"))
			.withMessageContaining("Argument 'text' of ");
	}

	@ParameterizedTest
	@ValueSource(strings = { "number", "wrapper" })
	void numbersThatTheApplicationReadsAsOthers(String method) {
		SimpleModule capping = new SimpleModule("capping").addDeserializer(Long.class, new Capping())
			.addDeserializer(Long.TYPE, new Capping());
		MethodArguments capped = new MethodArguments(Methods.class, JsonMapper.builder().addModule(capping).build());
		assertThat(capped.writeAndRead(method, 1_000_000L)).containsExactly(1_000_000L);
		assertThatIllegalArgumentException().isThrownBy(() -> capped.write(method, 5_000_000L))
			.withMessageContainingAll("Argument '" + method + "' of ", "it changes when it is written as JSON");
	}

	@Test
	void charactersThatCannotBeStored() {
		String reason = "it contains an unpaired surrogate, which PostgreSQL cannot store";
		assertRefused("text", "secret\ud83d", reason);
		assertRefused("text", "\ude00\ud83d", reason);
		assertRefused("character", '\ud83d', reason);
		assertRefused("object", List.of(Map.of("\ud83d", 1)), reason);
		assertThat(this.arguments.write("text", "a\0b")).isEqualTo("{\"text\":\"a\\u0000b\"}");
	}

	@Test
	void numberOfArguments() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.arguments.write("text", "a", "b"))
			.withMessageContainingAll(".text(", "2 arguments");
	}

	private void assertRefused(String method, Object argument, String... reasons) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.arguments.of(method).write(new Object[] { argument }))
			.withMessageStartingWith("Argument '" + parameterOf(method) + "' of ")
			.withMessageContaining("." + method + "(")
			.withMessageContaining(" cannot be stored: ")
			.withMessageContainingAll(reasons)
			.withMessageNotContaining("secret");
	}

	private static String parameterOf(String method) {
		for (Method candidate : Methods.class.getDeclaredMethods()) {
			if (candidate.getName().equals(method)) {
				return candidate.getParameters()[0].getName();
			}
		}
		throw new IllegalStateException(method);
	}

	interface Methods {

		void entity(Profile profile);

		void entities(List<Profile> profile);

		void entityArray(Profile[][] profile);

		void entitiesByName(Map<String, List<Profile>> profile);

		void entitiesAsKeys(Map<Profile, String> profile);

		void optionalEntity(Optional<Profile> profile);

		void boundedEntities(Collection<? extends Profile> profile);

		void subclassOfEntity(Member profile);

		void listOfEntities(Profiles profile);

		void object(Object any);

		void stream(InputStream in);

		void holder(Holder holder);

		void sealed(Animal animal);

		void forgetful(Forgetful forgetful);

		void collection(Collection<Long> ids);

		void number(long number);

		void wrapper(Long wrapper);

		void withoutEquals(WithoutEquals bean);

		void optional(Optional<String> name);

		void text(String text);

		void character(char character);

	}

	@Entity
	static class Profile {

		@Id
		private Long id;

		public Long getId() {
			return this.id;
		}

	}

	static class Member extends Profile {

	}

	@SuppressWarnings("serial")
	static class Profiles extends ArrayList<Profile> {

	}

	sealed interface Animal permits Dog {

	}

	record Dog(String name) implements Animal {

	}

	record Holder(Named bean) {

	}

	interface Named {

		String getName();

	}

	record Failing(@JsonIgnore String secret) {

		public String getName() {
			throw new IllegalStateException(this.secret);
		}

	}

	record Forgetful(int id, @JsonIgnore String name) {

	}

	static class WithoutEquals {

		public int number;

	}

	static class Capping extends StdDeserializer<Long> {

		Capping() {
			super(Long.class);
		}

		@Override
		public Long deserialize(JsonParser parser, DeserializationContext context) {
			return Math.min(parser.getLongValue(), 1_000_000);
		}

	}

	static class Stripping extends StdDeserializer<String> {

		Stripping() {
			super(String.class);
		}

		@Override
		public String deserialize(JsonParser parser, DeserializationContext context) {
			return parser.getString().strip();
		}

	}

}

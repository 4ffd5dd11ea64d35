package io.github.pgdispatch.handler;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.databind.JsonNode;

import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.util.Assert;
import org.springframework.util.function.SingletonSupplier;

/**
 * The arguments of a method's calls, as a JSON object of their names and values and back.
 * A call gets what it was made with, or is refused when it is made: later, nobody would
 * be there to hear of it.
 *
 * <p>
 * An argument is written and read with the full type of its parameter. One of type
 * {@link DispatchContext} is left out of the JSON. While a job waits, its method may
 * change: the order of the parameters does not matter, nor does one that is no more; a
 * new one needs to be an {@link java.util.Optional} or annotated with a {@code @Nullable}
 * that is there at run time, of any package.
 *
 * <p>
 * Immutable and thread-safe.
 */
public final class Arguments {

	private final Method method;

	private final Map<String, Argument> arguments = new LinkedHashMap<>();

	private final LosslessMapper mapper;

	private Arguments(Method method, Class<?> implementation, LosslessMapper mapper) {
		this.method = method;
		this.mapper = mapper;
		@Nullable String @Nullable [] names = new DefaultParameterNameDiscoverer().getParameterNames(method);
		Assert.isTrue(names != null, () -> "The names of the parameters of " + method.toGenericString()
				+ " are not known. Compile with -parameters");
		for (int i = 0; i < names.length; i++) {
			String name = names[i];
			Assert.state(name != null, "A parameter has no name");
			if (method.getParameterTypes()[i] != DispatchContext.class) {
				this.arguments.put(name, new Argument(name, method, i, implementation, mapper));
			}
		}
	}

	/**
	 * Prepares the arguments of a method.
	 * @param method the method
	 * @param mapper writes and reads them
	 * @return the arguments
	 * @throws IllegalArgumentException if there is a parameter whose values could not be
	 * stored, such as a JPA entity, or if the parameters have no names
	 */
	public static Arguments of(Method method, LosslessMapper mapper) {
		return of(method, method.getDeclaringClass(), mapper);
	}

	/**
	 * Prepares the arguments of a method that may be inherited.
	 * @param method the method
	 * @param implementation the class whose method it is, which says what the type
	 * variables of the declaring class are
	 * @param mapper writes and reads them
	 * @return the arguments
	 * @throws IllegalArgumentException if there is a parameter whose values could not be
	 * stored, such as a JPA entity, or if the parameters have no names
	 */
	public static Arguments of(Method method, Class<?> implementation, LosslessMapper mapper) {
		return new Arguments(method, implementation, mapper);
	}

	/**
	 * Writes the arguments of a call.
	 * @param arguments of all parameters; those for a {@link DispatchContext} are ignored
	 * @return a JSON object for a column of type {@code json}: it may have NUL characters
	 * @throws IllegalArgumentException if an argument is a JPA entity, cannot be written
	 * or would come back as something that is not equal; names the argument and not its
	 * value, which may be secret
	 */
	public String write(@Nullable Object[] arguments) {
		Assert.isTrue(arguments.length == this.method.getParameterCount(),
				() -> this.method.toGenericString() + " has not been called with " + arguments.length + " arguments");
		StringBuilder json = new StringBuilder("{");
		for (Argument argument : this.arguments.values()) {
			json.append((json.length() > 1) ? ",\"" : "\"");
			JsonStringEncoder.getInstance().quoteAsString(argument.name(), json);
			json.append("\":").append(argument.write(arguments[argument.index()]));
		}
		return json.append('}').toString();
	}

	/**
	 * Reads the arguments of a call.
	 * @param json what {@link #write} has returned, perhaps when the method was another
	 * @param context the argument for parameters of that type
	 * @return the arguments of all parameters, in their order
	 * @throws ArgumentMismatchException if one of them no longer fits the method
	 */
	public @Nullable Object[] read(String json, DispatchContext context) {
		@Nullable Object[] values = new Object[this.method.getParameterCount()];
		Arrays.fill(values, context);
		Map<String, Argument> missing = new LinkedHashMap<>(this.arguments);
		Supplier<JsonNode> tree = SingletonSupplier.of(() -> this.mapper.tree(json));
		// Not from the tree, in which -0.0 would be 0.0.
		try (JsonParser parser = this.mapper.parser(json)) {
			if (parser.nextToken() != JsonToken.START_OBJECT) {
				throw noObject(null);
			}
			for (String name = parser.nextName(); name != null; name = parser.nextName()) {
				parser.nextToken();
				Argument argument = this.arguments.get(name);
				if (argument != null) {
					values[argument.index()] = argument.read(parser, tree);
					missing.remove(name);
				}
				else {
					parser.skipChildren();
				}
			}
		}
		catch (JacksonException ex) {
			throw noObject(ex);
		}
		missing.values().forEach((argument) -> values[argument.index()] = argument.missing());
		return values;
	}

	private ArgumentMismatchException noObject(@Nullable Throwable cause) {
		return new ArgumentMismatchException(
				"The arguments do not fit " + this.method.toGenericString() + ": they are no JSON object.", cause);
	}

}

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
 * Writes the arguments of a call as a JSON object, which has them by the names of the
 * parameters, and reads them again. Arguments that would be different after they have
 * been written and read are refused when the call is dispatched, because its caller would
 * not learn of a later error.
 *
 * <p>
 * An argument is written and read with the full type of its parameter. An argument of
 * type {@link DispatchContext} is left out of the JSON. The method may change while a job
 * waits. The order of its parameters does not matter, and stored arguments of removed
 * parameters are ignored. A new parameter has to be an {@link java.util.Optional}, or
 * annotated with a {@code @Nullable} of any package that is retained at run time. The
 * same holds for the components of a record in an argument, and for the properties of
 * other classes. If one is unknown and another one is missing in the same place, it may
 * have been renamed, and the arguments do not fit.
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
				+ " are unknown. Compile with -parameters");
		for (int i = 0; i < names.length; i++) {
			String name = names[i];
			Assert.state(name != null, "A parameter has no name");
			if (method.getParameterTypes()[i] != DispatchContext.class) {
				this.arguments.put(name, new Argument(name, method, i, implementation, mapper));
			}
		}
	}

	/**
	 * Creates the arguments of a method.
	 * @param method the method
	 * @param mapper the mapper that writes and reads them
	 * @return new arguments
	 * @throws IllegalArgumentException if the values of a parameter cannot be stored,
	 * such as those of a JPA entity, or if the names of the parameters are unknown
	 */
	public static Arguments of(Method method, LosslessMapper mapper) {
		return of(method, method.getDeclaringClass(), mapper);
	}

	/**
	 * Creates the arguments of a method that may be inherited.
	 * @param method the method
	 * @param implementation the class that has the method, which resolves the type
	 * variables of the declaring class
	 * @param mapper the mapper that writes and reads them
	 * @return new arguments
	 * @throws IllegalArgumentException if the values of a parameter cannot be stored,
	 * such as those of a JPA entity, or if the names of the parameters are unknown
	 */
	public static Arguments of(Method method, Class<?> implementation, LosslessMapper mapper) {
		return new Arguments(method, implementation, mapper);
	}

	/**
	 * Writes the arguments of a call.
	 * @param arguments the arguments for all parameters; those for a
	 * {@link DispatchContext} are ignored
	 * @return a JSON object for a column of type {@code json}, which may contain escaped
	 * NUL characters
	 * @throws IllegalArgumentException if an argument is a JPA entity, cannot be written,
	 * or would not be equal after it has been read. The message names the argument, but
	 * does not show its value, which may be secret
	 */
	public String write(@Nullable Object[] arguments) {
		Assert.isTrue(arguments.length == this.method.getParameterCount(),
				() -> this.method.toGenericString() + " cannot be called with " + arguments.length + " arguments");
		StringBuilder json = new StringBuilder("{");
		for (Argument argument : this.arguments.values()) {
			json.append((json.length() > 1) ? ",\"" : "\"");
			JsonStringEncoder.getInstance().quoteAsString(argument.name(), json);
			json.append("\":").append(argument.write(arguments[argument.index()]));
		}
		return requireReadable(json.append('}').toString());
	}

	/**
	 * Requires that the arguments can be read together, as each of them can. They are
	 * nested one level deeper then.
	 */
	private String requireReadable(String json) {
		if (json.length() >= 2 * this.mapper.maxDepth()) {
			try (JsonParser parser = this.mapper.parser(json)) {
				parser.nextToken();
				parser.skipChildren();
			}
			catch (JacksonException ex) {
				throw new IllegalArgumentException("The arguments of " + this.method.toGenericString()
						+ " cannot be stored: Jackson cannot read them again. They may be nested too deeply (at most "
						+ (this.mapper.maxDepth() - 1) + " levels), or be too large for its StreamReadConstraints.",
						ex);
			}
		}
		return json;
	}

	/**
	 * Reads the arguments of a call.
	 * @param json the JSON that {@link #write} has returned, possibly before the method
	 * was changed
	 * @param context the argument for parameters of that type
	 * @return the arguments for all parameters in their order
	 * @throws ArgumentMismatchException if an argument does not fit the method
	 */
	public @Nullable Object[] read(String json, DispatchContext context) {
		try {
			return read(json, context, Argument::readExactly);
		}
		catch (ArgumentMismatchException ex) {
			// Most likely, a deployment has changed the method or its types.
			return read(json, context, Argument::read);
		}
	}

	private @Nullable Object[] read(String json, DispatchContext context, Reader reader) {
		@Nullable Object[] values = new Object[this.method.getParameterCount()];
		Arrays.fill(values, context);
		Map<String, Argument> missing = new LinkedHashMap<>(this.arguments);
		Supplier<JsonNode> tree = SingletonSupplier.of(() -> this.mapper.tree(json));
		String unknown = null;
		// Not read from the tree, in which -0.0 would be 0.0.
		try (JsonParser parser = this.mapper.parser(json)) {
			if (parser.nextToken() != JsonToken.START_OBJECT) {
				throw noObject(null);
			}
			for (String name = parser.nextName(); name != null; name = parser.nextName()) {
				parser.nextToken();
				Argument argument = this.arguments.get(name);
				if (argument != null) {
					values[argument.index()] = reader.read(argument, parser, tree);
					missing.remove(name);
				}
				else {
					unknown = name;
					parser.skipChildren();
				}
			}
		}
		catch (JacksonException ex) {
			throw noObject(ex);
		}
		for (Argument argument : missing.values()) {
			values[argument.index()] = argument.missing(unknown);
		}
		return values;
	}

	private ArgumentMismatchException noObject(@Nullable Throwable cause) {
		return new ArgumentMismatchException(
				"The arguments do not fit " + this.method.toGenericString() + ": they are not a JSON object.", cause);
	}

	private interface Reader {

		@Nullable Object read(Argument argument, JsonParser parser, Supplier<JsonNode> arguments);

	}

}

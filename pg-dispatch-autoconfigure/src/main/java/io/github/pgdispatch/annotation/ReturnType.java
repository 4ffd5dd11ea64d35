package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;

import io.github.pgdispatch.DispatchResult;
import org.jspecify.annotations.Nullable;

import org.springframework.core.GenericTypeResolver;
import org.springframework.core.ResolvableType;
import org.springframework.util.Assert;

/**
 * The return type of an annotated method.
 *
 * @param raw the class without its type argument
 * @param value the type of the value of the job; {@code null} if the method returns
 * {@code void}
 * @param hasCommand whether the job runs SQL
 */
record ReturnType(Class<?> raw, @Nullable Type value, boolean hasCommand) {

	private static final String CONTINUATION = "kotlin.coroutines.Continuation";

	private static final String JSON_NODE = "tools.jackson.databind.JsonNode";

	/**
	 * Reads the return type of a method.
	 * @param method the annotated method
	 * @param targetClass the class of the bean, which resolves type variables
	 * @param hasCommand whether the annotation has SQL
	 * @return the return type
	 * @throws IllegalArgumentException if a call cannot return this type
	 */
	static ReturnType of(Method method, Class<?> targetClass, boolean hasCommand) {
		Assert.isTrue(!isSuspending(method), "Kotlin's suspend functions are not supported."
				+ " Annotate a function that is not suspending, which may call runBlocking in its body");
		Class<?> raw = method.getReturnType();
		if (raw == void.class) {
			return new ReturnType(raw, null, hasCommand);
		}
		Assert.isTrue(raw == CompletableFuture.class || raw == DispatchResult.class,
				"The method must return void, a CompletableFuture or a DispatchResult, because it returns before the"
						+ " job has run");
		Type type = GenericTypeResolver.resolveType(method.getGenericReturnType(), targetClass);
		ResolvableType value = ResolvableType.forType(type).getGeneric();
		Assert.isTrue(value.resolve() != null && !(value.getType() instanceof WildcardType),
				() -> "The method must declare the type of the value of its " + raw.getSimpleName());
		Assert.isTrue(!hasCommand || isOfRows(value.toClass()),
				() -> "The value of SQL is the number of its rows, as a Long, or the rows themselves, as a List of the type"
						+ " of a row, a JsonNode or the String of a JSON array. It cannot be read as " + value);
		return new ReturnType(raw, value.getType(), hasCommand);
	}

	/**
	 * The compiler adds a parameter to a suspend function, and changes the return type.
	 */
	private static boolean isSuspending(Method method) {
		Class<?>[] parameters = method.getParameterTypes();
		return parameters.length > 0 && parameters[parameters.length - 1].getName().equals(CONTINUATION);
	}

	private static boolean isOfRows(Class<?> type) {
		return isCount(type) || type == String.class || Collection.class.isAssignableFrom(type) || type.isArray()
				|| isJson(type);
	}

	private static boolean isCount(Type type) {
		return type == Long.class || type == Void.class;
	}

	/**
	 * Compares names, because Jackson may be missing.
	 */
	private static boolean isJson(Class<?> type) {
		for (Class<?> each = type; each != null; each = each.getSuperclass()) {
			if (each.getName().equals(JSON_NODE)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Returns whether only the number of rows of the SQL has to be kept.
	 */
	boolean isRowCount() {
		return this.hasCommand && this.value != null && isCount(this.value);
	}

}

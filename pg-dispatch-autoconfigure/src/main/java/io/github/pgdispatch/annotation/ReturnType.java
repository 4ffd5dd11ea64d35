package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.JobResult;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.ReturnValue;
import org.jspecify.annotations.Nullable;

import org.springframework.core.GenericTypeResolver;
import org.springframework.core.ResolvableType;
import org.springframework.util.Assert;

/**
 * What an annotated method returns to its caller: nothing, or something that will have
 * the job's value.
 *
 * @param raw the type without its argument
 * @param value the type of the job's value; {@code null} if nothing is returned
 * @param hasCommand whether the job runs SQL
 */
record ReturnType(Class<?> raw, @Nullable Type value, boolean hasCommand) {

	private static final String JSON_NODE = "tools.jackson.databind.JsonNode";

	/**
	 * Reads it.
	 * @param method that is annotated
	 * @param targetClass that says what the type variables of the method's class are
	 * @param hasCommand whether the annotation has SQL
	 * @return the type
	 * @throws IllegalArgumentException if it is one that a call cannot return
	 */
	static ReturnType of(Method method, Class<?> targetClass, boolean hasCommand) {
		Class<?> raw = method.getReturnType();
		if (raw == void.class) {
			return new ReturnType(raw, null, hasCommand);
		}
		Assert.isTrue(raw == CompletableFuture.class || raw == DispatchResult.class,
				"The method must return void, a CompletableFuture or a DispatchResult, since nothing has been run yet"
						+ " when it returns");
		Type type = GenericTypeResolver.resolveType(method.getGenericReturnType(), targetClass);
		ResolvableType value = ResolvableType.forType(type).getGeneric();
		Assert.isTrue(value.resolve() != null && !(value.getType() instanceof WildcardType),
				() -> "The method must say of what type the value is that its " + raw.getSimpleName() + " will have");
		Assert.isTrue(!hasCommand || isOfRows(value.toClass()),
				() -> "The value of SQL is the number of its rows, as a Long, or its rows: as a List of what a row is,"
						+ " a JsonNode, or the String of a JSON array. It cannot be read as " + value);
		return new ReturnType(raw, value.getType(), hasCommand);
	}

	private static boolean isOfRows(Class<?> type) {
		return isCount(type) || type == String.class || Collection.class.isAssignableFrom(type) || type.isArray()
				|| isJson(type);
	}

	private static boolean isCount(Type type) {
		return type == Long.class || type == Void.class;
	}

	/**
	 * By its name, as it need not be there.
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
	 * Whether the caller gets the job's value, which is to be kept therefore.
	 */
	boolean hasValue() {
		return this.value != null;
	}

	/**
	 * Whether all that is to be kept of SQL is the number of its rows.
	 */
	boolean isCount() {
		return this.hasCommand && this.value != null && isCount(this.value);
	}

	/**
	 * Makes what the call returns.
	 * @param id of the job that it has dispatched
	 * @param results that learn of its end
	 * @param mapper of its value; asked for if it is needed
	 * @return a future or a handle, or {@code null} for nothing
	 */
	@Nullable Object of(long id, Supplier<JobResults> results, Supplier<LosslessMapper> mapper) {
		if (this.value == null) {
			return null;
		}
		DispatchResult<@Nullable Object> handle = results.get().handle(id, reader(this.value, mapper));
		return (this.raw == DispatchResult.class) ? handle : handle.future();
	}

	private Function<JobResult, @Nullable Object> reader(Type type, Supplier<LosslessMapper> mapper) {
		if (type == Void.class) {
			return (result) -> null;
		}
		if (!this.hasCommand) {
			return (result) -> (result.value() != null) ? new ReturnValue(type, mapper.get()).read(result.value())
					: null;
		}
		if (type == Long.class) {
			return JobResult::rowCount;
		}
		if (type == String.class) {
			return JobResult::value;
		}
		return (result) -> (result.value() != null) ? new ReturnValue(type, mapper.get()).readRows(result.value())
				: null;
	}

}

package io.github.pgdispatch.handler;

import java.util.stream.Stream;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.testing.TestDispatchContext;
import tools.jackson.databind.json.JsonMapper;

/**
 * The arguments of the methods of one type. Each method has a name of its own.
 */
final class MethodArguments {

	static final DispatchContext CONTEXT = new TestDispatchContext();

	private final Class<?> type;

	private final LosslessMapper mapper;

	MethodArguments(Class<?> type) {
		this(type, new JsonMapper());
	}

	MethodArguments(Class<?> type, JsonMapper mapper) {
		this.type = type;
		this.mapper = LosslessMapper.of(mapper);
	}

	Arguments of(String method) {
		return Stream.of(this.type.getDeclaredMethods())
			.filter((candidate) -> candidate.getName().equals(method))
			.map((candidate) -> Arguments.of(candidate, this.mapper))
			.findFirst()
			.orElseThrow();
	}

	String write(String method, Object... arguments) {
		return of(method).write(arguments);
	}

	Object[] read(String method, String json) {
		return of(method).read(json, CONTEXT);
	}

	Object[] writeAndRead(String method, Object... arguments) {
		return read(method, write(method, arguments));
	}

}

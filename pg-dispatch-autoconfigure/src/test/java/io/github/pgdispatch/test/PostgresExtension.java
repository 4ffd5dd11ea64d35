package io.github.pgdispatch.test;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@link TestDatabase} of their own, on a server that all tests share. A
 * test that stops or crashes its server starts one for itself: see
 * {@link PostgresServer#start(String...)}.
 */
public final class PostgresExtension implements ParameterResolver {

	private static final Namespace NAMESPACE = Namespace.create(PostgresExtension.class);

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		return parameter.getParameter().getType() == TestDatabase.class;
	}

	@Override
	public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
		PostgresServer server = context.getRoot()
			.getStore(NAMESPACE)
			.computeIfAbsent(PostgresServer.class, (key) -> PostgresServer.start("fsync=off"), PostgresServer.class);
		return context.getStore(NAMESPACE)
			.computeIfAbsent(TestDatabase.class, (key) -> server.createDatabase(), TestDatabase.class);
	}

}

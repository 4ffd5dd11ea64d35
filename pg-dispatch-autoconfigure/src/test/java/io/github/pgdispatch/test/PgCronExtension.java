package io.github.pgdispatch.test;

import java.util.Map;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.opentest4j.TestAbortedException;

/**
 * Provides the tests of a {@link PgCronTest} class with their server.
 */
public final class PgCronExtension implements ParameterResolver {

	private static final Namespace NAMESPACE = Namespace.create(PgCronExtension.class);

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		Class<?> type = parameter.getParameter().getType();
		return type == PgCronServer.class || type == PgCronHost.class || type == TestDatabase.class;
	}

	@Override
	public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
		String[] settings = context.getRequiredTestClass().getAnnotation(PgCronTest.class).value();
		String given = System.getenv(GivenDatabase.VARIABLE);
		if (given != null && settings.length == 0 && parameter.getParameter().getType() == TestDatabase.class) {
			return classContext(context).getStore(NAMESPACE)
				.computeIfAbsent(TestDatabase.class, (key) -> GivenDatabase.at(given), TestDatabase.class);
		}
		PgCronHost host = context.getRoot()
			.getStore(NAMESPACE)
			.computeIfAbsent(PgCronHost.class, (key) -> host(System.getenv()), PgCronHost.class);
		if (parameter.getParameter().getType() == PgCronHost.class) {
			return host;
		}
		PgCronServer server = classContext(context).getStore(NAMESPACE)
			.computeIfAbsent(PgCronServer.class, (key) -> PgCronServer.start(host, settings), PgCronServer.class);
		return (parameter.getParameter().getType() == TestDatabase.class) ? server.database() : server;
	}

	private static ExtensionContext classContext(ExtensionContext context) {
		ExtensionContext classContext = context;
		while (classContext.getTestMethod().isPresent()) {
			classContext = classContext.getParent().orElseThrow();
		}
		return classContext;
	}

	private static PgCronHost host(Map<String, String> environment) {
		try {
			return PgCronHost.find().orElseGet(() -> none(environment));
		}
		catch (TestAbortedException ex) {
			System.err.println(ex.getMessage());
			throw ex;
		}
	}

	static PgCronHost none(Map<String, String> environment) {
		String message = """

				*********************************************************************************
				  There is no PostgreSQL with pg_cron for the tests that need one. They run
				  with Docker, or on Debian or Ubuntu as root (from Debian's packages, in a folder
				  of their own), and those that need not stop it with a server of yours:
				  PGDISPATCH_TEST_CRON_URL=jdbc:postgresql://localhost:5432/postgres, where pg_cron
				  is in that database and the roles postgres and app need no password.
				*********************************************************************************
				""";
		if ("true".equals(environment.get("CI"))) {
			throw new IllegalStateException(message + "With CI=true, that is a failure.");
		}
		return Assumptions.abort(message);
	}

}

package io.github.pgdispatch.test;

import java.lang.annotation.Annotation;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestInstantiationAwareExtension;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.opentest4j.TestAbortedException;

/**
 * Provides the tests of a {@link PgCronTest} class with a server.
 */
public final class PgCronExtension implements ExecutionCondition, ParameterResolver, TestInstantiationAwareExtension {

	private static final Namespace NAMESPACE = Namespace.create(PgCronExtension.class);

	@Override
	public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext rootContext) {
		return ExtensionContextScope.TEST_METHOD;
	}

	/**
	 * Not only when a parameter is resolved: JUnit takes whatever prevents that for an
	 * error, also what is to skip the test.
	 */
	@Override
	public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
		if (executables(context).map(Executable::getParameterTypes)
			.flatMap(Stream::of)
			.anyMatch((type) -> isOurs(type) && given(type, context) == null)) {
			try {
				findHost(context);
			}
			catch (TestAbortedException ex) {
				return ConditionEvaluationResult.disabled(ex.getMessage());
			}
		}
		return ConditionEvaluationResult.enabled("It has what it asks for");
	}

	/**
	 * What is called with parameters for a class as a whole, or else for a method. JUnit
	 * makes the instance before it asks for the method's condition.
	 */
	private static Stream<Executable> executables(ExtensionContext context) {
		Class<?> type = context.getRequiredTestClass();
		return context.getTestMethod()
			.map((method) -> Stream.<Executable>concat(annotated(type, BeforeEach.class), Stream.of(method)))
			.orElseGet(
					() -> Stream.concat(annotated(type, BeforeAll.class), Stream.of(type.getDeclaredConstructors())));
	}

	private static Stream<Method> annotated(Class<?> type, Class<? extends Annotation> annotation) {
		return AnnotationSupport.findAnnotatedMethods(type, annotation, HierarchyTraversalMode.TOP_DOWN).stream();
	}

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		return isOurs(parameter.getParameter().getType());
	}

	private static boolean isOurs(Class<?> type) {
		return type == PgCronServer.class || type == PgCronServers.class || type == PgCronHost.class
				|| type == TestDatabase.class;
	}

	private static String[] settings(ExtensionContext context) {
		return context.getRequiredTestClass().getAnnotation(PgCronTest.class).value();
	}

	/**
	 * The address of a user's own database, where that will do.
	 */
	private static @Nullable String given(Class<?> type, ExtensionContext context) {
		return (type == TestDatabase.class && settings(context).length == 0) ? System.getenv(GivenDatabase.VARIABLE)
				: null;
	}

	private static PgCronHost findHost(ExtensionContext context) {
		return context.getStore(StoreScope.LAUNCHER_SESSION, NAMESPACE)
			.computeIfAbsent(PgCronHost.class, (key) -> host(System.getenv()), PgCronHost.class);
	}

	@Override
	public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
		String given = given(parameter.getParameter().getType(), context);
		if (given != null) {
			return classContext(context).getStore(NAMESPACE)
				.computeIfAbsent(Given.class, (key) -> new Given(GivenDatabase.at(given)), Given.class)
				.lendTo(context);
		}
		PgCronHost host = findHost(context);
		if (parameter.getParameter().getType() == PgCronHost.class) {
			return host;
		}
		PgCronServers servers = context.getStore(StoreScope.LAUNCHER_SESSION, NAMESPACE)
			.computeIfAbsent(PgCronServers.class, (key) -> new PgCronServers(host), PgCronServers.class);
		if (parameter.getParameter().getType() == PgCronServers.class) {
			return servers;
		}
		PgCronServer server = classContext(context).getStore(NAMESPACE)
			.computeIfAbsent(Servers.class, (key) -> new Servers(servers, settings(context)), Servers.class)
			.lendTo(context);
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
		return PgCronHost.find().orElseGet(() -> none(environment));
	}

	static PgCronHost none(Map<String, String> environment) {
		return LoudSkip.of("""
				There is no PostgreSQL with pg_cron for the tests that need one. They run
				with Docker, or on Debian or Ubuntu as root (from Debian's packages, in a folder
				of their own), and those that need not stop it with a server of yours:
				PGDISPATCH_TEST_CRON_URL=jdbc:postgresql://localhost:5432/postgres, where pg_cron
				is in that database and the roles postgres and app need no password.""", environment);
	}

	/**
	 * The servers of a class: as many as it has tests that run at the same time.
	 */
	private static final class Servers implements AutoCloseable {

		private final PgCronServers servers;

		private final String[] settings;

		private final List<PgCronServer> all = new ArrayList<>();

		private final Deque<PgCronServer> free = new ArrayDeque<>();

		Servers(PgCronServers servers, String[] settings) {
			this.servers = servers;
			this.settings = settings;
		}

		PgCronServer lendTo(ExtensionContext test) {
			return test.getStore(NAMESPACE).computeIfAbsent(Loan.class, (key) -> {
				PgCronServer server = take();
				return new Loan(server, () -> giveBack(server));
			}, Loan.class).lent(PgCronServer.class);
		}

		private PgCronServer take() {
			synchronized (this) {
				if (!this.free.isEmpty()) {
					return this.free.pop();
				}
			}
			PgCronServer server = this.servers.start(this.settings);
			synchronized (this) {
				this.all.add(server);
			}
			return server;
		}

		private synchronized void giveBack(PgCronServer server) {
			this.free.push(server);
		}

		@Override
		public synchronized void close() {
			this.all.forEach(PgCronServer::close);
		}

	}

	/**
	 * A user's own database, for one test at a time.
	 */
	private static final class Given {

		private final TestDatabase database;

		private final Semaphore free = new Semaphore(1);

		Given(TestDatabase database) {
			this.database = database;
		}

		TestDatabase lendTo(ExtensionContext test) {
			return test.getStore(NAMESPACE).computeIfAbsent(Loan.class, (key) -> {
				this.free.acquireUninterruptibly();
				return new Loan(this.database, this.free::release);
			}, Loan.class).lent(TestDatabase.class);
		}

	}

	private record Loan(Object lent, Runnable end) implements AutoCloseable {

		<S> S lent(Class<S> type) {
			return type.cast(this.lent);
		}

		@Override
		public void close() {
			this.end.run();
		}

	}

}

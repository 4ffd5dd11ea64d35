package io.github.pgdispatch.test;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.autoconfigure.PgDispatchAutoConfiguration;
import io.github.pgdispatch.autoconfigure.PgDispatchSchemaAutoConfiguration;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A node of an application with handlers, as the auto-configuration makes it. A
 * {@code main} of its own lets it be a JVM that can be killed or frozen.
 */
public final class HandlerNode implements AutoCloseable {

	/**
	 * The line that a node in a JVM of its own prints when it has started.
	 */
	private static final String STARTED = "The node has started";

	private final ConfigurableApplicationContext context;

	private HandlerNode(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/**
	 * Starts a node in this JVM.
	 * @param database that has the schema
	 * @param bean the class of the bean with handlers, which may have dependencies
	 * @param properties such as {@code pgdispatch.worker.concurrency=64}
	 * @return the node
	 */
	public static HandlerNode start(TestDatabase database, Class<?> bean, String... properties) {
		return start(database.url(), bean, properties);
	}

	/**
	 * Starts a node in this JVM.
	 * @param route to its database
	 */
	public static HandlerNode start(Route route, Class<?> bean, String... properties) {
		return start(route.database(), bean, route.properties(properties));
	}

	private static HandlerNode start(String url, Class<?> bean, String... properties) {
		Map<String, String> all = new LinkedHashMap<>(Map.of("spring.datasource.url", url, "spring.datasource.username",
				"app", "pgdispatch.schema.mode", "validate", "pgdispatch.driver", "application",
				"spring.lifecycle.timeout-per-shutdown-phase", "5s",
				// Those that want another one say so.
				"pgdispatch.retry.max-attempts", "1"));
		for (String property : properties) {
			String[] nameAndValue = property.split("=", 2);
			all.put(nameAndValue[0], nameAndValue[1]);
		}
		return new HandlerNode(new SpringApplicationBuilder(Application.class, bean).web(WebApplicationType.NONE)
			.registerShutdownHook(false)
			.properties("spring.main.banner-mode=off", "spring.main.log-startup-info=false")
			.run(all.entrySet().stream().map((entry) -> "--" + entry).toArray(String[]::new)));
	}

	/**
	 * Starts a node in a JVM of its own, and returns before it {@link #hasStarted}.
	 * @param name by which PostgreSQL and its bean know it
	 */
	public static JvmProcess startJvm(TestDatabase database, String name, Class<?> bean, String... properties) {
		List<String> arguments = new ArrayList<>(List.of(database.url(), bean.getName(), "node.name=" + name,
				"spring.datasource.hikari.data-source-properties.ApplicationName=" + name,
				"spring.datasource.hikari.minimum-idle=0"));
		arguments.addAll(List.of(properties));
		return JvmProcess.start(HandlerNode.class, arguments.toArray(String[]::new));
	}

	/**
	 * Starts a node in a JVM of its own.
	 * @param route to its database
	 */
	public static JvmProcess startJvm(Route route, String name, Class<?> bean, String... properties) {
		return startJvm(route.database(), name, bean, route.properties(properties));
	}

	/**
	 * Returns whether a node in a JVM of its own has started.
	 */
	public static boolean hasStarted(JvmProcess node) {
		return node.log().contains(STARTED);
	}

	public <T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	public JdbcClient jdbc() {
		return bean(JdbcClient.class);
	}

	public TransactionTemplate transaction() {
		return new TransactionTemplate(bean(PlatformTransactionManager.class));
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * Runs a node until the JVM is killed.
	 * @param arguments URL of the database, class of the bean, properties
	 * @throws Exception if there is no such class
	 */
	public static void main(String[] arguments) throws Exception {
		List<String> properties = List.of(arguments).subList(2, arguments.length);
		start(arguments[0], Class.forName(arguments[1]), properties.toArray(String[]::new));
		System.out.println(STARTED);
		Thread.sleep(300_000);
		System.exit(1);
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
			TransactionAutoConfiguration.class, TransactionManagerCustomizationAutoConfiguration.class,
			JdbcTemplateAutoConfiguration.class, JdbcClientAutoConfiguration.class,
			PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class })
	static class Application {

	}

}

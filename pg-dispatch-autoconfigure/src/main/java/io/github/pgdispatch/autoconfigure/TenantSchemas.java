package io.github.pgdispatch.autoconfigure;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchDefaults;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.annotation.DeclaredSchedule;
import io.github.pgdispatch.autoconfigure.DatabaseProperties.Schema;
import io.github.pgdispatch.driver.Tenant;
import io.github.pgdispatch.driver.TenantDatabases;
import io.github.pgdispatch.driver.TenantTargets;
import io.github.pgdispatch.schema.SchemaInitializer;
import io.github.pgdispatch.schema.SchemaValidator;
import org.aopalliance.intercept.MethodInterceptor;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.util.ReflectionUtils;

/**
 * Makes the database of each tenant ready before its first use: installs or validates the
 * schema, sets the queues and the history of the properties, and declares the schedules
 * of annotations. Thread-safe.
 */
final class TenantSchemas {

	private final TenantTargets targets;

	private final DatabaseProperties properties;

	private final Supplier<List<DeclaredSchedule>> schedules;

	private final DispatchDefaults defaults;

	private final ResourceLoader resourceLoader;

	private final TenantDatabases databases = new TenantDatabases();

	private final Map<Tenant, Object> locks = new ConcurrentHashMap<>();

	private final Map<Tenant, DataSource> ready = new ConcurrentHashMap<>();

	private final SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor("pg-dispatch-schema-");

	TenantSchemas(TenantTargets targets, DatabaseProperties properties, Supplier<List<DeclaredSchedule>> schedules,
			DispatchDefaults defaults, ResourceLoader resourceLoader) {
		this.targets = targets;
		this.properties = properties;
		this.schedules = schedules;
		this.defaults = defaults;
		this.resourceLoader = resourceLoader;
	}

	/**
	 * Makes the database of a tenant ready, unless it is.
	 * @param tenant the tenant
	 * @param target the {@code DataSource} of its database
	 * @param connections connects to the same database
	 */
	void prepare(Tenant tenant, DataSource target, DataSource connections) {
		if (this.ready.get(tenant) == target) {
			return;
		}
		synchronized (this.locks.computeIfAbsent(tenant, (key) -> new Object())) {
			if (this.ready.get(tenant) != target) {
				this.databases.retain(this.targets.all().keySet());
				install(connections);
				requireOwn(tenant, connections);
				configure(connections);
				this.ready.put(tenant, target);
			}
		}
	}

	private void install(DataSource connections) {
		Schema schema = this.properties.schema();
		switch (schema.mode()) {
			case LIQUIBASE ->
				SchemaInitializer.liquibase(connections, schema.grantTo(), this.resourceLoader).afterPropertiesSet();
			case JDBC -> SchemaInitializer.jdbc(connections, schema.grantTo()).afterPropertiesSet();
			case VALIDATE -> new SchemaValidator(connections, schema.grantTo()).afterPropertiesSet();
			case NONE -> {
			}
		}
	}

	private void requireOwn(Tenant tenant, DataSource connections) {
		try {
			this.databases.requireOwn(tenant, connections);
		}
		catch (SQLException ex) {
			throw new IllegalStateException("The database of the tenant " + tenant + " cannot be asked", ex);
		}
	}

	private void configure(DataSource connections) {
		JdbcTransactionManager transactionManager = new JdbcTransactionManager(connections);
		PgDispatchOperations operations = PgDispatchOperations.create(connections, transactionManager);
		new ConfiguredHistory(this.properties, operations).afterSingletonsInstantiated();
		new ConfiguredQueues(this.properties.queues(), operations).afterSingletonsInstantiated();
		new ConfiguredSchedules(this.schedules,
				PgDispatchTemplate.builder(connections, transactionManager).defaults(this.defaults).build(), operations)
			.afterSingletonsInstantiated();
	}

	/**
	 * Returns a bean that makes the database of the current tenant ready before each
	 * call.
	 */
	<T> T guard(Class<T> type, T bean) {
		return ProxyFactory.getProxy(type, (MethodInterceptor) (invocation) -> {
			if (!ReflectionUtils.isObjectMethod(invocation.getMethod())) {
				prepareCurrent();
			}
			return AopUtils.invokeJoinpointUsingReflection(bean, invocation.getMethod(), invocation.getArguments());
		});
	}

	/**
	 * Not on the current thread, which may have a transaction.
	 */
	private void prepareCurrent() {
		Tenant tenant = this.targets.current();
		DataSource target = (tenant != null) ? this.targets.target(tenant) : null;
		if (tenant == null || target == null || this.ready.get(tenant) == target) {
			return;
		}
		try {
			this.executor.submitCompletable(() -> prepare(tenant, target, target)).join();
		}
		catch (CompletionException ex) {
			throw new IllegalStateException("The database of the tenant " + tenant + " cannot be used for jobs"
					+ ((ex.getCause() instanceof PgDispatchConfigurationException cause)
							? ": " + cause.getDescription() + " " + cause.getAction() : ""),
					ex.getCause());
		}
	}

}

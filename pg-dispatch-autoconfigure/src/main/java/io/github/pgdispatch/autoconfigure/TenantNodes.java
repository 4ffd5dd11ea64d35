package io.github.pgdispatch.autoconfigure;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.TenantContext;
import io.github.pgdispatch.autoconfigure.DatabaseProperties.Driver;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.DriverSettings;
import io.github.pgdispatch.driver.HandlerDriver;
import io.github.pgdispatch.driver.HandlerSettings;
import io.github.pgdispatch.driver.Tenant;
import io.github.pgdispatch.driver.TenantNode;
import io.github.pgdispatch.driver.TenantPropagator;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.StepFactory;
import io.github.pgdispatch.observability.DriverEventPublisher;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Creates what runs the jobs of a tenant.
 *
 * @param context sets the tenant of a job
 * @param schemas makes the database of a tenant ready
 * @param routing whose transactions the methods use
 * @param handlers of this node
 * @param invocations registered with the transaction manager of those transactions
 * @param steps makes the steps of attempts, which are kept in those transactions
 * @param propagators of the application
 * @param listeners of the drivers of all tenants
 * @param publisher of events, which name the tenant as their database
 * @param properties of the workers
 * @param executor that runs methods
 * @param shutdown time for that
 */
record TenantNodes(TenantContext context, TenantSchemas schemas, DataSource routing, Supplier<Handlers> handlers,
		HandlerInvocations invocations, StepFactory steps, ObjectProvider<DispatchPropagator> propagators,
		Supplier<Collection<DriverListener>> listeners, ApplicationEventPublisher publisher,
		DatabaseProperties properties, Executor executor, WorkerShutdown shutdown) {

	/**
	 * Connections of the claims of methods, their lease, and of what watches both queues.
	 */
	private static final int BESIDE_THREADS = 4;

	TenantNode create(Tenant tenant, DataSource target) {
		DatabaseProperties.Worker worker = this.properties.worker();
		WorkerConnections connections = WorkerConnections.beside(target, WorkerLogin.SAME,
				worker.threads() + BESIDE_THREADS, tenant.toString());
		PgDispatchOperations operations = PgDispatchOperations.create(connections.dataSource(),
				new JdbcTransactionManager(connections.dataSource()));
		DatabaseLog log = new DatabaseLog(tenant.toString());
		CustomizableThreadFactory daemons = new CustomizableThreadFactory("pg-dispatch-" + tenant + "-");
		daemons.setDaemon(true);
		ThreadFactory threads = log.threads(daemons);
		Supplier<Collection<DriverListener>> listeners = listeners(tenant, threads);
		return new TenantNode(UUID.randomUUID(), connections, connections.dataSource(),
				() -> this.schemas.prepare(tenant, target, connections.dataSource()),
				(this.properties.driver() != Driver.PG_CRON)
						? new ApplicationDriver(connections.dataSource(), threads,
								new DriverSettings(worker.threads(), worker.pollIntervalAwake(), false), listeners)
						: null,
				new HandlerDriver(connections.dataSource(), this.routing, this.handlers, this.invocations, this.steps,
						propagator(tenant), log.executor(this.executor), threads,
						new HandlerSettings(worker.concurrency(), worker.lease(), worker.pollIntervalAwake(), false,
								this.shutdown.patience()),
						listeners),
				operations::status);
	}

	private Supplier<Collection<DriverListener>> listeners(Tenant tenant, ThreadFactory threads) {
		DriverEventPublisher events = new DriverEventPublisher(tenant.toString(), this.publisher, threads);
		return () -> Stream.concat(this.listeners.get().stream(), Stream.of(events)).toList();
	}

	private DispatchPropagator propagator(Tenant tenant) {
		List<DispatchPropagator> all = new ArrayList<>();
		all.add(new TenantPropagator(tenant, this.context));
		this.propagators.orderedStream().forEach(all::add);
		return DispatchPropagator.of(all);
	}

}

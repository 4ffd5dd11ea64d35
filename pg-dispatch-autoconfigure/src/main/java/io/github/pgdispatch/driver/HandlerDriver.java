package io.github.pgdispatch.driver;

import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.Reservation;
import io.github.pgdispatch.gateway.HandlerJobQueue;
import io.github.pgdispatch.gateway.JobQueue;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.StepFactory;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

/**
 * Runs the jobs of the handlers that this node has. It claims them as soon as a
 * transaction of this node has dispatched, when the database notifies it of a dispatch
 * from elsewhere, when snoozed jobs fall due, when another node has died, and after each
 * poll interval.
 *
 * <p>
 * The driver starts last and stops first, because methods may use any bean. When it is
 * stopped, it claims no further job and waits for the running ones. It interrupts those
 * that take too long and gives them back.
 *
 * <p>
 * Where connections share the sessions of the server, as behind a connection pooler in
 * transaction mode, the database cannot notify the driver. It says so at its start.
 */
public final class HandlerDriver extends JobDriver<HandlerDriverRun> {

	private static final OneLineLog logger = OneLineLog.of(HandlerDriver.class);

	private final DataSource dataSource;

	private final DataSource applicationDataSource;

	private final Supplier<Handlers> handlers;

	private final HandlerInvocations invocations;

	private final StepFactory steps;

	private final DispatchPropagator propagator;

	private final Executor executor;

	private final ThreadFactory threadFactory;

	private final HandlerSettings settings;

	private final Supplier<? extends Collection<DriverListener>> listeners;

	/**
	 * Creates a driver. It does nothing before it is started, and nothing at all if there
	 * are no handlers.
	 * @param dataSource of sessions that have logged in as the role; the driver takes at
	 * most two connections
	 * @param applicationDataSource whose connections the handlers' transactions use
	 * @param handlers of this node
	 * @param invocations registered with the transaction manager of those transactions
	 * @param steps makes the steps of attempts, which are kept in those transactions
	 * @param propagator that restores the context that a job carries in its headers
	 * @param executor that runs the jobs
	 * @param threadFactory of the threads that wait for the database
	 * @param settings of this driver
	 * @param listeners that are told what happens, which are asked for at each start
	 */
	public HandlerDriver(DataSource dataSource, DataSource applicationDataSource, Supplier<Handlers> handlers,
			HandlerInvocations invocations, StepFactory steps, DispatchPropagator propagator, Executor executor,
			ThreadFactory threadFactory, HandlerSettings settings,
			Supplier<? extends Collection<DriverListener>> listeners) {
		this.dataSource = dataSource;
		this.applicationDataSource = applicationDataSource;
		this.handlers = handlers;
		this.invocations = invocations;
		this.steps = steps;
		this.propagator = propagator;
		this.executor = executor;
		this.threadFactory = threadFactory;
		this.settings = settings;
		this.listeners = listeners;
	}

	@Override
	@Nullable HandlerDriverRun begin() {
		Handlers handlers = this.handlers.get();
		return handlers.names().isEmpty() ? null
				: new HandlerDriverRun(this.dataSource, this.applicationDataSource, handlers, this.invocations,
						this.steps, this.propagator, this.executor, this.threadFactory, possibleSettings(),
						this.listeners.get());
	}

	private HandlerSettings possibleSettings() {
		if (!this.settings.listen() || !SharedSessions.areBehind(this.dataSource)) {
			return this.settings;
		}
		logger
			.warn("The database cannot notify this node of jobs of methods that were dispatched elsewhere: its workers"
					+ " connect through a connection pooler in transaction mode. The next poll finds such jobs. "
					+ SharedSessions.WAY_OUT);
		return this.settings.withoutListening();
	}

	@Override
	JobKind kind() {
		return JobKind.HANDLER;
	}

	@Override
	int limit() {
		return this.handlers.get().names().isEmpty() ? 0 : this.settings.concurrency();
	}

	/**
	 * Returns the queue of the jobs that this driver would run.
	 * @param node that looks at it
	 * @param poisonJobDue called at each look with whether a poison job is due
	 */
	JobQueue queue(UUID node, Consumer<Boolean> poisonJobDue) {
		return new HandlerJobQueue(node, this.handlers.get().names(), (unknown) -> {
		}, poisonJobDue);
	}

	@Override
	public boolean runs(String name) {
		return this.handlers.get().names().contains(name);
	}

	@Override
	public @Nullable Reservation reserve(String handler) {
		HandlerDriverRun run = run();
		return (run != null) ? run.reserve(handler) : null;
	}

	/**
	 * Does not return before the driver has stopped, so that beans of the same phase on
	 * which it depends are not stopped meanwhile.
	 */
	@Override
	public void stop(Runnable callback) {
		stop();
		callback.run();
	}

	@Override
	public int getPhase() {
		return DriverPhases.METHODS;
	}

}

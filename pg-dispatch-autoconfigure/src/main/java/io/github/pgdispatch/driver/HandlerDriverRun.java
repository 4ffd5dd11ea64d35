package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.Reservation;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.CompletionGateway;
import io.github.pgdispatch.gateway.HandlerJobQueue;
import io.github.pgdispatch.gateway.LeaseGateway;
import io.github.pgdispatch.gateway.OutcomeGateway;
import io.github.pgdispatch.gateway.StepGateway;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.StepFactory;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

/**
 * A {@link HandlerDriver} between a start and the next stop. Thread-safe.
 */
final class HandlerDriverRun implements JobRun {

	private static final OneLineLog logger = OneLineLog.of(HandlerDriverRun.class);

	private final DriverReports reports;

	private final ClaimLoop claimLoop;

	private final QueueWatcher watcher;

	private final CompletableFuture<Void> ended;

	private final ScheduledExecutorService scheduler;

	private Set<String> unknownHandlers = Set.of();

	private volatile boolean draining;

	HandlerDriverRun(DataSource dataSource, DataSource applicationDataSource, Handlers handlers,
			HandlerInvocations invocations, StepFactory steps, DispatchPropagator propagator, Executor executor,
			ThreadFactory threadFactory, HandlerSettings settings, Collection<DriverListener> listeners) {
		this.reports = new DriverReports(JobKind.HANDLER, listeners);
		UUID node = UUID.randomUUID();
		this.scheduler = Executors.newSingleThreadScheduledExecutor(threadFactory);
		JobRunner runner = new JobRunner(handlers, invocations, propagator,
				new CompletionGateway(applicationDataSource, node, this.reports::breaker), steps,
				new StepGateway(applicationDataSource, node), this.scheduler, this.reports);
		this.claimLoop = new ClaimLoop(new ClaimGateway(dataSource, node, settings.lease()),
				new OutcomeGateway(dataSource, node, this.reports::breaker),
				new LeaseGateway(dataSource, node, settings.lease()), handlers, runner, executor, settings,
				this::scheduleLook, this::passRestOn, this.reports);
		this.watcher = new QueueWatcher(dataSource,
				new HandlerJobQueue(node, handlers.names(), this::reportUnknownHandlers, this.claimLoop::poisonJobDue),
				this.claimLoop, settings.pollInterval(), settings.listen(), settings.sleep(), new FrozenSessions(),
				this.reports);
		this.ended = CompletableFuture.allOf(run(this.watcher, threadFactory), run(this.claimLoop, threadFactory))
			.whenComplete((nothing, ex) -> this.scheduler.shutdownNow());
	}

	private static CompletableFuture<Void> run(Runnable runnable, ThreadFactory threadFactory) {
		return CompletableFuture.runAsync(runnable, (command) -> threadFactory.newThread(command).start());
	}

	/**
	 * Warns of each handler once for as long as it is unknown.
	 */
	private void reportUnknownHandlers(Set<String> handlers) {
		for (String name : handlers) {
			if (!this.unknownHandlers.contains(name)) {
				// Whoever has dispatched the job may have given it any name.
				String handler = Causes.oneLine(name);
				logger.warn("Jobs of the handler '" + handler + "' have been waiting for half a minute, and this node"
						+ " has no such handler. They wait for a node that has it. If its method or bean was renamed,"
						+ " @AfterCommitDispatch(name = \"" + handler + "\") keeps the old name");
				this.reports.handlerUnknown(name);
			}
		}
		this.unknownHandlers = handlers;
	}

	@Nullable Reservation reserve(String handler) {
		return this.claimLoop.reserve(handler);
	}

	private void scheduleLook(Duration delay) {
		this.watcher.scheduleLook(delay, WakeUpSource.DUE);
	}

	private void passRestOn() {
		this.watcher.passRestOn();
	}

	@Override
	public void committed(int fired, int snoozed) {
		if (fired > 0) {
			if (!this.draining) {
				this.reports.wokenUp(WakeUpSource.COMMIT);
			}
			this.claimLoop.wake(fired);
		}
		if (snoozed > 0) {
			this.watcher.scheduleLook(Duration.ZERO, WakeUpSource.DUE);
		}
		this.watcher.awake();
	}

	@Override
	public void drain() {
		this.draining = true;
		this.watcher.drain();
		this.claimLoop.drain();
	}

	@Override
	public void resume() {
		this.draining = false;
		this.claimLoop.resume();
		this.watcher.resume();
	}

	@Override
	public boolean isDraining() {
		return this.draining;
	}

	@Override
	public boolean isAlive() {
		return !this.ended.isDone();
	}

	@Override
	public QueueWatcher watcher() {
		return this.watcher;
	}

	@Override
	public int active() {
		return this.claimLoop.active();
	}

	@Override
	public @Nullable String waitsFor() {
		return this.claimLoop.waitsFor();
	}

	@Override
	public CompletableFuture<Void> end() {
		this.watcher.stop();
		this.claimLoop.stop();
		return this.ended;
	}

}

package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.CompletionGateway;
import io.github.pgdispatch.gateway.HandlerJobQueue;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * What a driver of handlers has from a start to the next stop.
 */
final class HandlerDriverRun {

	private static final Log logger = LogFactory.getLog(HandlerDriverRun.class);

	private final ClaimLoop workers;

	private final QueueWatcher watch;

	private final CompletableFuture<Void> ended;

	private final ScheduledExecutorService scheduler;

	private Set<String> unknown = Set.of();

	HandlerDriverRun(DataSource dataSource, DataSource applicationDataSource, Handlers handlers,
			HandlerInvocations calls, DispatchPropagator propagator, Executor executor, ThreadFactory threadFactory,
			HandlerSettings settings) {
		UUID node = UUID.randomUUID();
		this.scheduler = Executors.newSingleThreadScheduledExecutor(threadFactory);
		JobRunner body = new JobRunner(handlers, calls, propagator, new CompletionGateway(applicationDataSource, node),
				this.scheduler);
		this.workers = new ClaimLoop(new ClaimGateway(dataSource, node, settings.lease()), handlers, body, executor,
				settings, (delay) -> lookIn(delay));
		this.watch = new QueueWatcher(dataSource, new HandlerJobQueue(node, settings.lease(), handlers.names(),
				this::reportUnknown, this.workers::suspects), this.workers, settings.pollInterval(), settings.listen());
		this.ended = CompletableFuture.allOf(run(this.watch, threadFactory), run(this.workers, threadFactory))
			.whenComplete((nothing, ex) -> this.scheduler.shutdownNow());
	}

	private static CompletableFuture<Void> run(Runnable runnable, ThreadFactory threadFactory) {
		return CompletableFuture.runAsync(runnable, (command) -> threadFactory.newThread(command).start());
	}

	/**
	 * Says so once for as long as it is the case.
	 */
	private void reportUnknown(Set<String> unknown) {
		for (String handler : unknown) {
			if (!this.unknown.contains(handler)) {
				logger.warn(
						"Jobs of the handler '" + handler + "' have been waiting for half a minute, and this node does"
								+ " not know it. They wait for a node that does: was its method or bean renamed?"
								+ " @AfterCommitDispatch(name = \"" + handler + "\") keeps the name");
			}
		}
		this.unknown = unknown;
	}

	private void lookIn(Duration delay) {
		this.watch.lookIn(delay);
	}

	void committed(int fired, int snoozed) {
		if (fired > 0) {
			this.workers.wake(fired);
		}
		if (snoozed > 0) {
			this.watch.lookIn(Duration.ZERO);
		}
	}

	/**
	 * Takes no further job.
	 * @return completed when nothing runs any more, or was given back
	 */
	CompletableFuture<Void> end() {
		this.watch.stop();
		this.workers.stop();
		return this.ended;
	}

}

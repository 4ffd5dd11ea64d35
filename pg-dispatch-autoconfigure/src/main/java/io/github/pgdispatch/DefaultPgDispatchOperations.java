package io.github.pgdispatch;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.DeadLetterSelection;
import io.github.pgdispatch.gateway.DeadLetterGateway;
import io.github.pgdispatch.gateway.HistoryGateway;
import io.github.pgdispatch.gateway.QueueGateway;
import io.github.pgdispatch.gateway.StatusGateway;
import org.jspecify.annotations.Nullable;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link PgDispatchOperations}.
 */
final class DefaultPgDispatchOperations implements PgDispatchOperations {

	private static final int DEFAULT_PAGE = 100;

	private static final int DEFAULT_GROUPED = 2_000;

	private final DeadLetterGateway deadLetters;

	private final QueueGateway queues;

	private final StatusGateway status;

	private final HistoryGateway history;

	private final JobControl jobs;

	private final ScheduleControl schedules;

	private final BatchControl batches;

	private final DispatchTransaction transaction;

	DefaultPgDispatchOperations(DataSource dataSource, PlatformTransactionManager transactionManager) {
		this.deadLetters = new DeadLetterGateway(dataSource);
		this.queues = new QueueGateway(dataSource);
		this.status = new StatusGateway(dataSource);
		this.history = new HistoryGateway(dataSource);
		this.transaction = new DispatchTransaction(transactionManager, dataSource, false);
		this.jobs = new JobControl(dataSource, this.transaction);
		this.batches = new BatchControl(dataSource, this.transaction);
		this.schedules = new ScheduleControl(dataSource, this.transaction, new NoListener(),
				DispatchDefaults.ONE_ATTEMPT);
	}

	@Override
	public BatchPage batches(boolean unended, @Nullable Long after, int limit) {
		return this.batches.list(unended, after, limit);
	}

	@Override
	public Optional<BatchInfo> batch(long id) {
		return this.batches.find(id);
	}

	@Override
	public long cancelBatch(long id) {
		return this.batches.cancel(id);
	}

	@Override
	public PgDispatchStatus status() {
		return PgDispatchStatus.of(this.status.status());
	}

	@Override
	public JobPage jobs(JobFilter filter) {
		return JobPage.of(this.status.jobs(filter.selection()), filter.limit());
	}

	@Override
	public long count(JobFilter filter) {
		return this.status.count(filter.selection());
	}

	@Override
	public long move(JobFilter filter, @Nullable String queue) {
		Assert.isTrue(filter.state() != JobState.RUNNING, "Jobs that run are not moved");
		requireFirstPage(filter, "moved");
		return this.transaction.change(() -> this.status.move(filter.selection(), queue));
	}

	@Override
	public long cancel(JobFilter filter) {
		Assert.isTrue(filter.state() != JobState.RUNNING, "Jobs that run are cancelled one by one, by their ids");
		requireFirstPage(filter, "cancelled");
		return this.transaction.change(() -> this.status.cancel(filter.selection()));
	}

	@Override
	public boolean runNow(long id) {
		return this.jobs.runNow(id);
	}

	@Override
	public long runNow(JobFilter filter) {
		Assert.isTrue(filter.state() == null || filter.state() == JobState.SNOOZED, "Only snoozed jobs are made due");
		requireFirstPage(filter, "made due");
		return this.transaction.change(() -> this.status.runNow(filter.selection()));
	}

	@Override
	public void keepHistory(Duration retention) {
		requireRetention(retention);
		this.transaction.change(() -> this.history.keep(null, retention));
	}

	@Override
	public void keepHistory(String queue, Duration retention) {
		requireName("queue", queue);
		requireRetention(retention);
		this.transaction.change(() -> this.history.keep(queue, retention));
	}

	private static void requireRetention(Duration retention) {
		ArgumentChecks.notNegative("The time to keep the history", retention);
	}

	@Override
	public HistoryPage history(HistoryFilter filter) {
		return HistoryPage.of(this.history.list(filter.selection()), filter.limit());
	}

	@Override
	public List<JobAttempt> attempts(long id) {
		return this.history.attempts(id).stream().map(JobAttempt::of).toList();
	}

	@Override
	public List<JobStep> steps(long id) {
		return this.jobs.steps(id);
	}

	@Override
	public Optional<DeadLetter> deadLetter(long id) {
		return this.deadLetters.list(selection(id)).stream().map(DeadLetter::of).reduce((earlier, later) -> later);
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetterFilter filter) {
		return this.deadLetters.list(filter.selection()).stream().map(DeadLetter::of).toList();
	}

	@Override
	public DeadLetterPage latestDeadLetters(DeadLetterFilter filter, @Nullable String after) {
		int limit = (filter.limit() != null) ? filter.limit() : DEFAULT_PAGE;
		PagePosition position = (after != null) ? PagePosition.of(after) : null;
		List<DeadLetter> page = this.deadLetters
			.latest(filter.limit(limit).selection(), (position != null) ? time(position.at()) : null,
					(position != null) ? position.id() : 0)
			.stream()
			.map(DeadLetter::of)
			.toList();
		return DeadLetterPage.of(page, limit);
	}

	private static Instant time(String text) {
		try {
			return Instant.parse(text);
		}
		catch (DateTimeParseException ex) {
			throw new IllegalArgumentException("No page ends at '" + text + "'", ex);
		}
	}

	@Override
	public List<DeadLetterGroup> deadLetterGroups(DeadLetterFilter filter) {
		int limit = (filter.limit() != null) ? filter.limit() : DEFAULT_GROUPED;
		return this.deadLetters.groups(filter.limit(limit).selection()).stream().map(DeadLetterGroup::of).toList();
	}

	@Override
	public long count(DeadLetterFilter filter) {
		return this.deadLetters.count(filter.selection());
	}

	@Override
	public boolean retry(long id) {
		return this.transaction.change(() -> this.deadLetters.retry(selection(id))) > 0;
	}

	@Override
	public long retry(DeadLetterFilter filter) {
		return this.transaction.change(() -> this.deadLetters.retry(filter.selection()));
	}

	@Override
	public boolean delete(long id) {
		return this.transaction.change(() -> this.deadLetters.delete(selection(id))) > 0;
	}

	@Override
	public long delete(DeadLetterFilter filter) {
		return this.transaction.change(() -> this.deadLetters.delete(filter.selection()));
	}

	private static DeadLetterSelection selection(long id) {
		return new DeadLetterSelection(id, null, null, null, null, null, null, null);
	}

	@Override
	public void pause() {
		this.transaction.change(() -> this.queues.pause(null, null));
	}

	@Override
	public void resume() {
		this.transaction.change(() -> this.queues.resume(null, null));
	}

	@Override
	public boolean isPaused() {
		return this.queues.isPaused("");
	}

	@Override
	public void pauseHandler(String handler) {
		requireName("handler", handler);
		this.transaction.change(() -> this.queues.pause(handler, null));
	}

	@Override
	public void resumeHandler(String handler) {
		requireName("handler", handler);
		this.transaction.change(() -> this.queues.resume(handler, null));
	}

	@Override
	public boolean isHandlerPaused(String handler) {
		requireName("handler", handler);
		return this.queues.isPaused(handler);
	}

	@Override
	public void pauseQueue(String queue) {
		requireName("queue", queue);
		this.transaction.change(() -> this.queues.pause(null, queue));
	}

	@Override
	public void resumeQueue(String queue) {
		requireName("queue", queue);
		this.transaction.change(() -> this.queues.resume(null, queue));
	}

	@Override
	public boolean isQueuePaused(String queue) {
		requireName("queue", queue);
		return this.queues.queues().stream().anyMatch((row) -> row.name().equals(queue) && row.paused());
	}

	@Override
	public Map<String, QueueLimits> queues() {
		Map<String, QueueLimits> limits = new LinkedHashMap<>();
		this.queues.queues()
			.forEach((row) -> limits.put(row.name(),
					new QueueLimits(row.concurrency(), row.rate(), row.per(), row.perKey(), row.ratePerKey(),
							(row.breakAfter() != null) ? new CircuitBreaker(row.breakAfter(), row.breakFor()) : null)));
		return Collections.unmodifiableMap(limits);
	}

	@Override
	public void setQueue(String queue, QueueLimits limits) {
		requireName("queue", queue);
		CircuitBreaker breaker = limits.breaker();
		this.transaction.change(() -> this.queues.setQueue(queue, limits.concurrency(), limits.rate(), limits.per(),
				limits.perKey(), limits.ratePerKey(), (breaker != null) ? breaker.breakAfter() : null,
				(breaker != null) ? breaker.breakFor() : Duration.ofMinutes(1)));
	}

	@Override
	public boolean dropQueue(String queue) {
		requireName("queue", queue);
		return this.transaction.change(() -> this.queues.dropQueue(queue));
	}

	@Override
	public List<ScheduleInfo> schedules() {
		return this.schedules.list();
	}

	@Override
	public boolean pauseSchedule(String schedule) {
		return this.schedules.pause(schedule);
	}

	@Override
	public boolean resumeSchedule(String schedule) {
		return this.schedules.resume(schedule);
	}

	@Override
	public long runSchedule(String schedule) {
		return this.schedules.run(schedule);
	}

	@Override
	public boolean removeSchedule(String schedule) {
		return this.schedules.remove(schedule);
	}

	private static void requireFirstPage(JobFilter filter, String what) {
		Assert.isTrue(filter.after() == null,
				() -> "Jobs are " + what + " from the first one on, and not from a page on");
	}

	private static void requireName(String what, String name) {
		ArgumentChecks.name("The name of the " + what, name);
	}

}

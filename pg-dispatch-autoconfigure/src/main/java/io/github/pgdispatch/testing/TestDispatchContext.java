package io.github.pgdispatch.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.handler.CurrentStep;
import io.github.pgdispatch.handler.JobContext;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.StepFactory;
import io.github.pgdispatch.handler.StepStore;
import io.github.pgdispatch.handler.Steps;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.ParameterizedTypeReference;
import org.springframework.transaction.support.TransactionOperations;

/**
 * A {@link DispatchContext} for tests that call a method themselves, without a job and
 * without a database. It keeps steps in memory, and runs transactional steps without a
 * transaction. For example:
 *
 * <pre class="code">
 * TestDispatchContext context = new TestDispatchContext();
 * assertThatThrownBy(() -&gt; orders.process(7, context)).isInstanceOf(MailException.class);
 * assertThat(context.steps()).containsExactly("charge", "reserve");
 *
 * orders.process(7, context.nextAttempt());   // goes on behind them
 * </pre>
 *
 * <p>
 * Like an attempt, an instance is used by the thread that created it and by those on
 * which the method runs steps. A sleep ends with a
 * {@link io.github.pgdispatch.SleepSignal}, and the next attempt goes on behind it.
 */
public final class TestDispatchContext implements DispatchContext {

	private static final String HANDLER = "test";

	private final LosslessMapper mapper;

	private final InMemoryStepStore store;

	private final JobContext job;

	/**
	 * Creates the first attempt of a job with the id 1 and without headers, which was
	 * dispatched and due now. Results of steps are written with a default
	 * {@link JsonMapper}.
	 */
	public TestDispatchContext() {
		this(1, Map.of(), new JsonMapper());
	}

	/**
	 * Creates the first attempt of a job, which was dispatched and due now.
	 * @param jobId the id of the job
	 * @param headers the headers of the job
	 * @param mapper the mapper of the application, which writes the results of steps
	 */
	public TestDispatchContext(long jobId, Map<String, String> headers, JsonMapper mapper) {
		this(LosslessMapper.of(mapper), new InMemoryStepStore(), jobId, 1, Instant.now(), Instant.now(), headers);
	}

	private TestDispatchContext(LosslessMapper mapper, InMemoryStepStore store, long jobId, int attempt, Instant dueAt,
			Instant dispatchedAt, Map<String, String> headers) {
		this.mapper = mapper;
		this.store = store;
		StepFactory factory = StepFactory.inCurrentTransaction(() -> mapper, new CurrentStep(),
				TransactionOperations.withoutTransaction());
		this.job = new JobContext(jobId, attempt, dueAt, dispatchedAt, headers, factory.steps(jobId, HANDLER, store));
	}

	/**
	 * Ends this attempt, as if its method had returned or failed.
	 * @return the next attempt of the job, due now. If this one sleeps, it has the same
	 * number, and goes on behind the sleep
	 */
	public TestDispatchContext nextAttempt() {
		Steps.Sleep sleep = this.job.steps().begunSleep();
		this.job.steps().close();
		if (sleep != null) {
			this.store.add(sleep.name(), null);
		}
		return new TestDispatchContext(this.mapper, this.store, jobId(), (sleep != null) ? attempt() : attempt() + 1,
				Instant.now(), dispatchedAt(), headers());
	}

	/**
	 * Returns the steps that are done, sleeps included.
	 * @return the names in the order in which the steps ended
	 */
	public List<String> steps() {
		return List.copyOf(this.store.read().keySet());
	}

	/**
	 * Returns how long the job sleeps.
	 * @return the duration; {@code null} if this attempt has not called
	 * {@link #sleep(String, Duration)}, or has gone on behind it
	 */
	public @Nullable Duration sleeps() {
		Steps.Sleep sleep = this.job.steps().begunSleep();
		return (sleep != null) ? sleep.duration() : null;
	}

	@Override
	public long jobId() {
		return this.job.jobId();
	}

	@Override
	public int attempt() {
		return this.job.attempt();
	}

	@Override
	public Instant dueAt() {
		return this.job.dueAt();
	}

	@Override
	public Instant dispatchedAt() {
		return this.job.dispatchedAt();
	}

	@Override
	public Map<String, String> headers() {
		return this.job.headers();
	}

	@Override
	public <T extends @Nullable Object> T step(String name, Class<T> type, Supplier<? extends T> body) {
		return this.job.step(name, type, body);
	}

	@Override
	public <T extends @Nullable Object> T step(String name, ParameterizedTypeReference<T> type,
			Supplier<? extends T> body) {
		return this.job.step(name, type, body);
	}

	@Override
	public void step(String name, Runnable body) {
		this.job.step(name, body);
	}

	@Override
	public <T extends @Nullable Object> T transactionalStep(String name, Class<T> type, Supplier<? extends T> body) {
		return this.job.transactionalStep(name, type, body);
	}

	@Override
	public <T extends @Nullable Object> T transactionalStep(String name, ParameterizedTypeReference<T> type,
			Supplier<? extends T> body) {
		return this.job.transactionalStep(name, type, body);
	}

	@Override
	public void transactionalStep(String name, Runnable body) {
		this.job.transactionalStep(name, body);
	}

	@Override
	public void sleep(String name, Duration duration) {
		this.job.sleep(name, duration);
	}

	@Override
	public String idempotencyKey(String step) {
		return this.job.idempotencyKey(step);
	}

	private static final class InMemoryStepStore implements StepStore {

		private final Map<String, @Nullable String> results = new LinkedHashMap<>();

		@Override
		public synchronized Map<String, @Nullable String> read() {
			return new LinkedHashMap<>(this.results);
		}

		@Override
		public synchronized boolean add(String name, @Nullable String result) {
			this.results.put(name, result);
			return true;
		}

		@Override
		public String databaseId() {
			return "test";
		}

	}

}

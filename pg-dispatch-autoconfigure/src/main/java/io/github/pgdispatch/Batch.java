package io.github.pgdispatch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Many jobs, and one that is dispatched in the commit that ends the last of them: the
 * continuation. This happens exactly once, even if nodes or sessions die meanwhile.
 *
 * <pre class="code">
 * template.batch("import 42")
 *     .addAll(lines.stream().map((line) -&gt; Dispatch.handler("imports.line", json(line))).toList())
 *     .then(Dispatch.handler("imports.finished", json(42)))
 *     .dispatch();
 * </pre>
 *
 * <p>
 * The methods describe a batch, and {@link #dispatch()} writes it in the current
 * transaction. Jobs that have the same options, and neither an idempotency key nor an
 * ordering key, are written together, by one statement for thousands of them. A job of
 * the batch may have any option. If nothing is dispatched for one, because a job with its
 * key waits, the batch does not wait for that job.
 *
 * <p>
 * Not thread-safe. The methods throw {@link IllegalArgumentException} for a value that a
 * batch cannot have.
 *
 * @see PgDispatchTemplate#batch(String)
 */
public final class Batch {

	private static final Duration ONE_DAY = Duration.ofDays(1);

	private final BatchWriter writer;

	private final String name;

	private final List<Dispatch> jobs = new ArrayList<>();

	private final List<Batch> batches = new ArrayList<>();

	private final List<Runnable> calls = new ArrayList<>();

	private @Nullable Dispatch then;

	private @Nullable Dispatch onFailure;

	private Duration keep = ONE_DAY;

	Batch(BatchWriter writer, String name) {
		this.writer = writer;
		this.name = ArgumentChecks.name("The name of the batch", name);
	}

	/**
	 * Adds a job.
	 * @param dispatch the job and its options
	 * @return this batch
	 */
	public Batch add(Dispatch dispatch) {
		this.jobs.add(dispatch);
		return this;
	}

	/**
	 * Adds jobs.
	 * @param dispatches the jobs and their options
	 * @return this batch
	 */
	public Batch addAll(Collection<Dispatch> dispatches) {
		this.jobs.addAll(dispatches);
		return this;
	}

	/**
	 * Adds a batch, which is dispatched with this one. It counts as one job, which ends
	 * when its own continuation has ended or, if none runs, when its jobs have ended. It
	 * counts as failed if the continuation has failed or, if none runs, if one of its
	 * jobs has.
	 * @param batch the batch
	 * @return this batch
	 */
	public Batch add(Batch batch) {
		Assert.isTrue(batch != this, "A batch cannot contain itself");
		this.batches.add(batch);
		return this;
	}

	/**
	 * Adds the jobs that calls dispatch, such as calls of methods with
	 * {@link AfterCommitDispatch}. {@link #dispatch()} makes the calls. Each job takes a
	 * round trip to the database.
	 * @param calls dispatches jobs in the current thread and transaction
	 * @return this batch
	 */
	public Batch addCalls(Runnable calls) {
		this.calls.add(calls);
		return this;
	}

	/**
	 * Sets the continuation: the job that is dispatched in the commit that ends the last
	 * job. It learns from {@link DispatchContext#endedBatch()} what became of them.
	 * @param continuation the job and its options, without a delay
	 * @return this batch
	 */
	public Batch then(Dispatch continuation) {
		this.then = withoutDelay(continuation);
		return this;
	}

	/**
	 * Sets the job that is dispatched in place of the continuation if at least one job
	 * has become a dead letter. Without it, the continuation runs in any case.
	 * @param continuation the job and its options, without a delay
	 * @return this batch
	 */
	public Batch onFailure(Dispatch continuation) {
		this.onFailure = withoutDelay(continuation);
		return this;
	}

	private static Dispatch withoutDelay(Dispatch continuation) {
		Assert.isTrue(!continuation.isLater(),
				"A continuation has no delay. Let it dispatch a job that has a delay instead");
		return continuation;
	}

	/**
	 * Sets for how long the batch can be found after it has ended. The default is one
	 * day.
	 * @param duration the time from the end of the batch; zero or more
	 * @return this batch
	 */
	public Batch keep(Duration duration) {
		this.keep = ArgumentChecks.notNegative("The time to keep the batch", duration);
		return this;
	}

	/**
	 * Dispatches the batch in the current transaction. If it has no jobs, its
	 * continuation runs right after the commit.
	 * @return the id of the batch
	 */
	public long dispatch() {
		return this.writer.dispatch(this, null, false);
	}

	/**
	 * Dispatches the batch in the current transaction and leaves it open, so that other
	 * transactions can {@linkplain Dispatch#batch(long) add} jobs to it. It does not end
	 * before {@link PgDispatchTemplate#closeBatch(long)} is called.
	 * @return the id of the batch
	 */
	public long open() {
		return this.writer.dispatch(this, null, true);
	}

	String name() {
		return this.name;
	}

	List<Dispatch> jobs() {
		return this.jobs;
	}

	List<Batch> batches() {
		return this.batches;
	}

	List<Runnable> calls() {
		return this.calls;
	}

	@Nullable Dispatch then() {
		return this.then;
	}

	@Nullable Dispatch onFailure() {
		return this.onFailure;
	}

	Duration keep() {
		return this.keep;
	}

}

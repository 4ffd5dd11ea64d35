package io.github.pgdispatch;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.core.ParameterizedTypeReference;

/**
 * A running job, as its method sees it. A parameter of this type gets the context of the
 * job. It is not stored with the arguments, so that a caller passes {@code null}. The
 * times are those of the clock of the database.
 *
 * <h2>Steps</h2>
 * <p>
 * A method can divide its work into steps. The result of a finished step is kept with the
 * job, so that another attempt, also on another node, does not run the step again, but
 * gets its result and goes on behind it: <pre class="code">
 * &#64;AfterCommitDispatch
 * void process(long orderId, &#64;Nullable DispatchContext context) {
 * 	Receipt receipt = context.step("charge", Receipt.class, () -&gt; payments.charge(orderId));
 * 	context.transactionalStep("reserve", () -&gt; stock.reserve(orderId));
 * 	context.step("mail", () -&gt; mailer.send(orderId, receipt));
 * }</pre>
 * <p>
 * The code outside of steps runs in each attempt. Nothing is replayed, and no code has to
 * be deterministic. A step is identified by its name within its job. Each name can be
 * used once in an attempt, so that a step in a loop needs a name of its own in each
 * round.
 * <p>
 * A {@linkplain #step(String, Class, Supplier) step} runs at least once: if its node dies
 * before it has committed that the step is done, or the step fails, another attempt runs
 * it again. Give {@linkplain #idempotencyKey(String) its idempotency key} to whoever it
 * calls. A {@linkplain #transactionalStep(String, Class, Supplier) transactional step}
 * runs in a transaction of the job's database, which also commits that the step is done.
 * Its effects in that database happen exactly once.
 * <p>
 * A result is written with the {@code JsonMapper} of the application, as arguments are. A
 * result that would not be equal after it has been read fails the job for good, because
 * another attempt would run the step again and fail in the same way.
 * <p>
 * All methods for steps require that no transaction is active, because the end of a step
 * would be committed although that transaction rolls back. Hence the method of the job
 * must not be {@code @Transactional} itself. Steps of one job may run on several threads
 * at once, but must have ended when the method returns.
 *
 * <p>
 * Thread-safe. For tests of a method without a database, use
 * {@link io.github.pgdispatch.testing.TestDispatchContext}.
 */
public interface DispatchContext {

	/**
	 * Returns the id of the job.
	 * @return the id, which is the same for all attempts
	 */
	long jobId();

	/**
	 * Returns the number of this attempt.
	 * @return the number, starting at 1
	 */
	int attempt();

	/**
	 * Returns the time before which this attempt was not to be run.
	 * @return the due time
	 */
	Instant dueAt();

	/**
	 * Returns the time at which the transaction that dispatched the job began.
	 * @return the time of the dispatch
	 */
	Instant dispatchedAt();

	/**
	 * Returns the headers that {@link DispatchPropagator propagators} have set, or the
	 * headers of a dispatch in SQL.
	 * @return the headers by name; immutable
	 */
	Map<String, String> headers();

	/**
	 * Runs a step at least once, unless an earlier attempt has finished it. When the body
	 * has returned, a short transaction commits that the step is done.
	 * @param <T> the type of the result
	 * @param name the name of the step: not blank, without control characters, and with
	 * up to 1,000 bytes
	 * @param type the class of the result
	 * @param body the body of the step, which runs on the current thread. It may return
	 * {@code null}. If it throws an exception, the step is not done
	 * @return the result of the body, or that of the earlier attempt
	 * @throws IllegalArgumentException if the name or the type cannot be used, or the
	 * result cannot be stored
	 * @throws IllegalStateException if a transaction is active, if this attempt has
	 * called a step with this name before, or if it has ended
	 */
	<T extends @Nullable Object> T step(String name, Class<T> type, Supplier<? extends T> body);

	/**
	 * Runs a step like {@link #step(String, Class, Supplier)}, for a result with type
	 * arguments, such as a list.
	 * @param <T> the type of the result
	 * @param name the name of the step
	 * @param type the type of the result
	 * @param body the body of the step
	 * @return the result of the body, or that of the earlier attempt
	 */
	<T extends @Nullable Object> T step(String name, ParameterizedTypeReference<T> type, Supplier<? extends T> body);

	/**
	 * Runs a step like {@link #step(String, Class, Supplier)}, which returns nothing.
	 * @param name the name of the step
	 * @param body the body of the step
	 */
	void step(String name, Runnable body);

	/**
	 * Runs a step in a new transaction of the job's database, unless an earlier attempt
	 * has finished it. What the body does in that database and that the step is done are
	 * committed together, so that it happens exactly once. If the body throws an
	 * exception, the transaction rolls back.
	 * @param <T> the type of the result
	 * @param name the name of the step: not blank, without control characters, and with
	 * up to 1,000 bytes
	 * @param type the class of the result
	 * @param body the body of the step, which runs on the current thread. It may return
	 * {@code null}
	 * @return the result of the body, or that of the earlier attempt
	 * @throws IllegalArgumentException if the name or the type cannot be used, or the
	 * result cannot be stored. The transaction rolls back
	 * @throws IllegalStateException if a transaction is active, if this attempt has
	 * called a step with this name before, or if it has ended
	 */
	<T extends @Nullable Object> T transactionalStep(String name, Class<T> type, Supplier<? extends T> body);

	/**
	 * Runs a step like {@link #transactionalStep(String, Class, Supplier)}, for a result
	 * with type arguments, such as a list.
	 * @param <T> the type of the result
	 * @param name the name of the step
	 * @param type the type of the result
	 * @param body the body of the step
	 * @return the result of the body, or that of the earlier attempt
	 */
	<T extends @Nullable Object> T transactionalStep(String name, ParameterizedTypeReference<T> type,
			Supplier<? extends T> body);

	/**
	 * Runs a step like {@link #transactionalStep(String, Class, Supplier)}, which returns
	 * nothing.
	 * @param name the name of the step
	 * @param body the body of the step
	 */
	void transactionalStep(String name, Runnable body);

	/**
	 * Lets the job sleep, unless an earlier attempt has done so under this name. The
	 * thread is given back, and the job is due again after the duration, on any node. The
	 * attempt ends with a {@link SleepSignal}, which the method must not catch. It does
	 * not count: the attempt after the sleep has the same number. The sleep is a step,
	 * and the attempt after it goes on behind it.
	 * @param name the name of the sleep, which no other step has
	 * @param duration the time until the job is due again; zero or more
	 * @throws SleepSignal if no earlier attempt has slept under this name
	 * @throws IllegalArgumentException if the name or the duration cannot be used
	 * @throws IllegalStateException if a transaction is active, if a step is running, if
	 * this is not the thread that runs the method, or if the attempt has called a step
	 * with this name before
	 */
	void sleep(String name, Duration duration);

	/**
	 * Returns a key for whoever a step calls, so that they can tell whether they have
	 * been called before. It is the same for all attempts on all nodes, and for the retry
	 * of a dead letter. No other step, job or database has it, as long as the database is
	 * no physical copy. Inside the body of a step, {@link IdempotencyKeyInterceptor}
	 * sends it with requests.
	 * @param step the name of the step
	 * @return the key, which is a UUID
	 */
	String idempotencyKey(String step);

	/**
	 * Returns the batch of which the job is one, so that the job can
	 * {@linkplain Dispatch#batch(long) add} others to it, or which it follows.
	 * @return the id of the batch, or an empty result if the job has none
	 */
	default OptionalLong batchId() {
		String id = headers().get(EndedBatch.ID);
		return (id != null) ? OptionalLong.of(Long.parseLong(id)) : OptionalLong.empty();
	}

	/**
	 * Returns the batch that has ended, if this job is its continuation.
	 * @return what became of its jobs, or an empty result if the job follows no batch
	 */
	default Optional<EndedBatch> endedBatch() {
		return EndedBatch.of(headers());
	}

}

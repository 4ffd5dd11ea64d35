package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.function.BiFunction;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;
import io.github.pgdispatch.AfterCommitDispatch.OnFailure;
import io.github.pgdispatch.Dispatch;
import org.jspecify.annotations.Nullable;

/**
 * What an annotation asks of the jobs of its method when they are dispatched.
 *
 * @param delay of the jobs
 * @param timeLimit of an attempt
 * @param key of idempotency
 * @param onDuplicate what becomes of a second job with that
 * @param keepKey how long that is kept
 * @param orderingKey of the jobs that run one after the other
 * @param onFailure what becomes of those behind one that has failed
 * @param queue whose limits they obey
 * @param priority among those of the queue
 * @param keepResult how long that is kept
 * @param transactional whether SQL is run in a transaction
 */
record JobAttributes(Attribute<Duration> delay, Attribute<Duration> timeLimit, Attribute<String> key,
		OnDuplicate onDuplicate, Attribute<Duration> keepKey, Attribute<String> orderingKey, OnFailure onFailure,
		Attribute<String> queue, int priority, Attribute<Duration> keepResult, boolean transactional) {

	/**
	 * Reads an annotation.
	 * @param annotation of the method
	 * @param reader of its texts
	 * @return what it asks for
	 */
	static JobAttributes of(AfterCommitDispatch annotation, AttributeReader reader) {
		return new JobAttributes(reader.duration("delay", annotation.delay()),
				reader.duration("time limit", annotation.timeLimit()), reader.text("key", annotation.key()),
				annotation.onDuplicate(), reader.duration("time to keep the key", annotation.keepKey()),
				reader.text("ordering key", annotation.orderingKey()), annotation.onFailure(),
				reader.text("queue", annotation.queue()), annotation.priority(),
				reader.duration("time to keep the result", annotation.keepResult()), annotation.transactional());
	}

	/**
	 * Asks for all that the database has to know when a job is dispatched.
	 * @param dispatch of which nothing is asked yet
	 * @param call that dispatches, or {@code null} to check what is known without one
	 * @return the dispatch with all that is asked
	 * @throws IllegalArgumentException if that cannot be asked of a job
	 */
	Dispatch apply(Dispatch dispatch, @Nullable Invocation call) {
		Dispatch asked = with(dispatch, this.delay, call, Dispatch::delay);
		asked = with(asked, this.key, call, Dispatch::key);
		asked = (this.onDuplicate != OnDuplicate.KEEP) ? asked.onDuplicate(this.onDuplicate) : asked;
		asked = with(asked, this.keepKey, call, Dispatch::keepKey);
		asked = with(asked, this.orderingKey, call, Dispatch::orderingKey);
		asked = (this.onFailure != OnFailure.HOLD) ? asked.onFailure(this.onFailure) : asked;
		asked = with(asked, this.queue, call, Dispatch::queue);
		asked = (this.priority != 0) ? asked.priority(this.priority) : asked;
		asked = with(asked, this.keepResult, call, Dispatch::keepResult);
		return this.transactional ? asked : asked.nonTransactional();
	}

	/**
	 * Asks for the time limit, too.
	 * @param dispatch of which it is not asked yet
	 * @param call that dispatches, or {@code null} to check what is known without one
	 * @return the dispatch with the limit, if there is one
	 */
	Dispatch limit(Dispatch dispatch, @Nullable Invocation call) {
		return with(dispatch, this.timeLimit, call, Dispatch::timeLimit);
	}

	private static <T> Dispatch with(Dispatch dispatch, Attribute<T> attribute, @Nullable Invocation call,
			BiFunction<Dispatch, T, Dispatch> wither) {
		T value = attribute.resolve(call);
		return (value != null) ? wither.apply(dispatch, value) : dispatch;
	}

}

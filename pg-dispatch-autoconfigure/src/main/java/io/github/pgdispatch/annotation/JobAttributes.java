package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;
import io.github.pgdispatch.AfterCommitDispatch.OnFailure;
import io.github.pgdispatch.Dispatch;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The options of an annotation for the dispatch of a job.
 *
 * @param delay the delay of the job
 * @param timeLimit the time limit of an attempt
 * @param key the idempotency key
 * @param onDuplicate what a call does while a job with the same key waits
 * @param keepKey the time for which the key is kept
 * @param orderingKey the ordering key
 * @param onFailure what happens to later jobs of the same ordering key after a failure
 * @param queue the name of the queue
 * @param fairKey the fair key
 * @param priority the priority in seconds
 * @param keepResult the time for which the result is kept
 * @param transactional whether SQL is run in a transaction
 */
record JobAttributes(Attribute<Duration> delay, Attribute<Duration> timeLimit, Attribute<String> key,
		OnDuplicate onDuplicate, Attribute<Duration> keepKey, Attribute<String> orderingKey, OnFailure onFailure,
		Attribute<String> queue, Attribute<String> fairKey, int priority, Attribute<Duration> keepResult,
		boolean transactional) {

	/**
	 * Reads an annotation.
	 * @param annotation the annotation
	 * @param reader the reader of its texts
	 * @return the options of the annotation
	 */
	static JobAttributes of(AfterCommitDispatch annotation, AttributeReader reader) {
		return new JobAttributes(reader.duration("delay", annotation.delay()),
				reader.duration("time limit", annotation.timeLimit()), reader.text("key", annotation.key()),
				annotation.onDuplicate(), reader.duration("time to keep the key", annotation.keepKey()),
				reader.text("ordering key", annotation.orderingKey()), annotation.onFailure(),
				reader.text("queue", annotation.queue()), reader.text("fair key", annotation.fairKey()),
				annotation.priority(), reader.duration("time to keep the result", annotation.keepResult()),
				annotation.transactional());
	}

	/**
	 * Applies all options but the time limit.
	 * @param dispatch the description of a job
	 * @param invocation the call that dispatches, or {@code null} to check the options
	 * that do not depend on a call
	 * @return a description with the options
	 * @throws IllegalArgumentException if a job cannot have one of the options
	 */
	Dispatch apply(Dispatch dispatch, @Nullable Invocation invocation) {
		Dispatch described = with(dispatch, this.delay, invocation, Dispatch::delay);
		described = with(described, this.key, invocation, Dispatch::key);
		described = described.onDuplicate(this.onDuplicate);
		described = with(described, this.keepKey, invocation, Dispatch::keepKey);
		described = with(described, this.orderingKey, invocation, Dispatch::orderingKey);
		described = described.onFailure(this.onFailure);
		described = with(described, this.queue, invocation, Dispatch::queue);
		described = with(described, this.fairKey, invocation, Dispatch::fairKey);
		described = (this.priority != 0) ? described.priority(this.priority) : described;
		described = with(described, this.keepResult, invocation, Dispatch::keepResult);
		return this.transactional ? described : described.nonTransactional();
	}

	/**
	 * Applies the time limit, if the annotation has one.
	 * @param dispatch the description of a job
	 * @param invocation the call that dispatches, or {@code null} to check the option if
	 * it does not depend on a call
	 * @return a description with the time limit
	 */
	Dispatch applyTimeLimit(Dispatch dispatch, @Nullable Invocation invocation) {
		return with(dispatch, this.timeLimit, invocation, Dispatch::timeLimit);
	}

	/**
	 * Requires that no option depends on a call.
	 * @throws IllegalArgumentException if one does
	 */
	void requireConstant() {
		Assert.isTrue(
				Stream
					.of(this.delay, this.timeLimit, this.key, this.keepKey, this.orderingKey, this.queue, this.fairKey,
							this.keepResult)
					.allMatch(Attribute::isConstant),
				"The options of a job that nobody calls must not depend on a call");
	}

	private static <T> Dispatch with(Dispatch dispatch, Attribute<T> attribute, @Nullable Invocation invocation,
			BiFunction<Dispatch, T, Dispatch> wither) {
		T value = attribute.resolve(invocation);
		return (value != null) ? wither.apply(dispatch, value) : dispatch;
	}

}

package io.github.pgdispatch.endpoint;

import java.util.Map;
import java.util.stream.Collectors;

import io.github.pgdispatch.DeadLetter;
import io.github.pgdispatch.DeadLetterGroup;
import io.github.pgdispatch.EndedJob;
import io.github.pgdispatch.JobAttempt;
import io.github.pgdispatch.JobInfo;
import io.github.pgdispatch.JobStep;
import io.github.pgdispatch.ListedJob;
import io.github.pgdispatch.ScheduleInfo;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.SanitizableData;

/**
 * Shows the values of jobs, or hides them. Of the message of an error, the first line is
 * always shown, as in the log. The others may have values.
 *
 * @param shown whether values are shown
 */
record Values(boolean shown) {

	ListedJob of(ListedJob job) {
		return new ListedJob(job.id(), job.kind(), job.name(), job.queue(), job.state(), job.dispatchedAt(),
				job.dueAt(), job.attempts(), job.sqlState(), message(job.message()), headers(job.headers()));
	}

	JobInfo of(JobInfo job) {
		return new JobInfo(job.id(), job.state(), text(job.command()), job.handler(), text(job.arguments()),
				job.dispatchedAt(), job.dueAt(), job.attempts(), job.finishedAt(), job.label(), job.queue(),
				job.sqlState(), message(job.message()), headers(job.headers()));
	}

	DeadLetter of(DeadLetter letter) {
		return new DeadLetter(letter.id(), text(letter.command()), letter.label(), letter.handler(),
				text(letter.arguments()), headers(letter.headers()), text(letter.options()), letter.dispatchedAt(),
				letter.dueAt(), letter.failedAt(), letter.attempts(), letter.crashes(), letter.sqlState(),
				String.valueOf(message(letter.message())), text(letter.detail()), text(letter.hint()),
				text(letter.context()));
	}

	DeadLetterGroup of(DeadLetterGroup group) {
		return new DeadLetterGroup(group.handler(), group.label(), group.sqlState(), group.exception(),
				String.valueOf(message(group.message())), group.count(), group.oldest(), group.latest());
	}

	EndedJob of(EndedJob job) {
		return new EndedJob(job.id(), job.kind(), job.name(), job.queue(), job.outcome(), job.dispatchedAt(),
				job.dueAt(), job.startedAt(), job.endedAt(), job.attempts(), job.node(), job.sqlState(),
				message(job.message()));
	}

	JobAttempt of(JobAttempt attempt) {
		return new JobAttempt(attempt.number(), attempt.outcome(), attempt.startedAt(), attempt.endedAt(),
				attempt.node(), attempt.sqlState(), message(attempt.message()));
	}

	JobStep of(JobStep step) {
		return new JobStep(step.name(), text(step.result()), step.endedAt());
	}

	ScheduleInfo of(ScheduleInfo schedule) {
		return new ScheduleInfo(schedule.name(), schedule.state(), schedule.every(), schedule.cron(), schedule.zone(),
				schedule.nextAt(), schedule.lastAt(), schedule.lastJob(), schedule.running(), schedule.runs(),
				schedule.skipped(), schedule.skipReason(), schedule.missed(), schedule.overlapping(),
				schedule.handler(), text(schedule.command()), schedule.declared(), message(schedule.message()));
	}

	private @Nullable String text(@Nullable String value) {
		return (value == null || this.shown) ? value : SanitizableData.SANITIZED_VALUE;
	}

	private @Nullable String message(@Nullable String message) {
		return (message == null || this.shown) ? message : message.lines().findFirst().orElse("");
	}

	private Map<String, String> headers(Map<String, String> headers) {
		return this.shown ? headers
				: headers.keySet()
					.stream()
					.collect(Collectors.toMap((name) -> name, (name) -> SanitizableData.SANITIZED_VALUE));
	}

}

package io.github.pgdispatch.driver;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.scheduling.support.CronExpression;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DueTimes}, also where the clocks are put forward and back.
 */
class DueTimesTests {

	private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

	@Test
	void firstDueTimeComesAfterThePresentMoment() {
		DueTimes times = of("0 0 6 * * MON-FRI", null, "2026-12-04T06:00:00+01:00", false);
		assertThat(times.passed()).isEmpty();
		assertThat(times.count()).isZero();
		assertThat(times.next()).isEqualTo(instant("2026-12-07T06:00:00+01:00"));
	}

	@Test
	void tickThatIsEarlyWaitsForItsDueTime() {
		DueTimes times = of("0 0 6 * * *", "2026-12-04T06:00:00+01:00", "2026-12-04T05:59:59+01:00", true);
		assertThat(times).isEqualTo(new DueTimes(List.of(), 0, instant("2026-12-04T06:00:00+01:00")));
	}

	@Test
	void lastOneStandsForAllThatHavePassed() {
		DueTimes times = of("0 0 * * * *", "2026-12-04T06:00:00+01:00", "2026-12-04T09:30:00+01:00", false);
		assertThat(times).isEqualTo(
				new DueTimes(List.of(instant("2026-12-04T09:00:00+01:00")), 4, instant("2026-12-04T10:00:00+01:00")));
	}

	@Test
	void allThatHavePassedGetTheirJobsAHundredAtATime() {
		DueTimes times = of("0 * * * * *", "2026-12-04T06:00:00+01:00", "2026-12-04T09:30:30+01:00", true);
		assertThat(times.passed()).hasSize(100)
			.startsWith(instant("2026-12-04T06:00:00+01:00"))
			.endsWith(instant("2026-12-04T07:39:00+01:00"));
		assertThat(times.count()).isEqualTo(100);
		assertThat(times.next()).isEqualTo(instant("2026-12-04T07:40:00+01:00"));
	}

	@Test
	void afterAVeryLongTimeNotEachDueTimeIsCounted() {
		DueTimes times = of("* * * * * *", "2016-12-04T06:00:00+01:00", "2026-12-04T06:00:00.5+01:00", false);
		assertThat(times.passed()).containsExactly(instant("2026-12-04T06:00:00+01:00"));
		assertThat(times.count()).isBetween(10_000L, 10_100L);
		assertThat(times.next()).isEqualTo(instant("2026-12-04T06:00:01+01:00"));
	}

	@Test
	void dailyTimesFollowTheClocksOfTheZone() {
		assertThat(dueTimes("0 0 6 * * *", "2026-03-28T06:00:00+01:00", 3)).containsExactly(
				instant("2026-03-28T06:00:00+01:00"), instant("2026-03-29T06:00:00+02:00"),
				instant("2026-03-30T06:00:00+02:00"));
		assertThat(dueTimes("0 0 6 * * *", "2026-10-24T06:00:00+02:00", 3)).containsExactly(
				instant("2026-10-24T06:00:00+02:00"), instant("2026-10-25T06:00:00+01:00"),
				instant("2026-10-26T06:00:00+01:00"));
	}

	@Test
	void timeThatIsLeftOutInSpringHasNoJobOnThatDay() {
		assertThat(dueTimes("0 30 2 * * *", "2026-03-28T02:30:00+01:00", 2))
			.containsExactly(instant("2026-03-28T02:30:00+01:00"), instant("2026-03-30T02:30:00+02:00"));
	}

	@Test
	void timeThatComesTwiceInAutumnHasTwoJobsOnThatDay() {
		assertThat(dueTimes("0 30 2 * * *", "2026-10-24T02:30:00+02:00", 4)).containsExactly(
				instant("2026-10-24T02:30:00+02:00"), instant("2026-10-25T02:30:00+02:00"),
				instant("2026-10-25T02:30:00+01:00"), instant("2026-10-26T02:30:00+01:00"));
	}

	@Test
	void eachHourAndQuarterComesOnceWhereTheClocksChange() {
		for (String start : List.of("2026-03-28T23:00:00+01:00", "2026-10-24T23:00:00+02:00")) {
			for (String cron : List.of("0 0 * * * *", "0 */15 * * * *")) {
				Duration step = cron.startsWith("0 0") ? Duration.ofHours(1) : Duration.ofMinutes(15);
				List<Instant> times = dueTimes(cron, start, 40);
				for (int i = 1; i < times.size(); i++) {
					assertThat(Duration.between(times.get(i - 1), times.get(i))).as(cron + " after " + start)
						.isEqualTo(step);
				}
			}
		}
	}

	/**
	 * Asks for one due time after the other, as ticks do.
	 */
	private static List<Instant> dueTimes(String cron, String first, int count) {
		List<Instant> times = new ArrayList<>(List.of(instant(first)));
		while (times.size() < count) {
			Instant last = times.get(times.size() - 1);
			Instant next = DueTimes.of(CronExpression.parse(cron), BERLIN, last, last.plusMillis(20), false).next();
			assertThat(next).isAfter(last);
			times.add(next);
		}
		return times;
	}

	private static DueTimes of(String cron, @Nullable String first, String moment, boolean all) {
		return DueTimes.of(CronExpression.parse(cron), BERLIN, (first != null) ? instant(first) : null, instant(moment),
				all);
	}

	private static Instant instant(String text) {
		return ZonedDateTime.parse(text).toInstant();
	}

}

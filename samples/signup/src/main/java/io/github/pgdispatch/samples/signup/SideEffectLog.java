package io.github.pgdispatch.samples.signup;

import java.util.Set;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Tells the console of the side effects, most of which take place in the database.
 */
@Component
@ConditionalOnBooleanProperty("signup.story")
class SideEffectLog {

	private static final Logger logger = LoggerFactory.getLogger(SideEffectLog.class);

	private final SideEffectRepository sideEffects;

	private Set<SideEffect> told;

	SideEffectLog(SideEffectRepository sideEffects) {
		this.sideEffects = sideEffects;
		this.told = Set.of();
	}

	@Scheduled(fixedDelay = 100)
	void tell() {
		Set<SideEffect> recent = Set.copyOf(this.sideEffects.findRecent());
		recent.stream().filter((sideEffect) -> !this.told.contains(sideEffect)).forEach(SideEffectLog::log);
		this.told = recent;
	}

	private static void log(SideEffect sideEffect) {
		logger.info("Profile {}: {} started {} ms after the commit, took {} ms: {}", sideEffect.profileId(),
				sideEffect.name(), sideEffect.startedAfterMillis(), sideEffect.tookMillis(), sideEffect.outcome());
	}

}

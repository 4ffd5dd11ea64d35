package com.example;

import java.time.Duration;
import java.time.Instant;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.stereotype.Component;

@Component
class SignUpRunner implements ApplicationRunner {

	private final ProfileService profiles;

	SignUpRunner(ProfileService profiles) {
		this.profiles = profiles;
	}

	@Override
	public void run(ApplicationArguments args) throws InterruptedException {
		String name = "O'Hara";
		this.profiles.signUp(name);
		Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
		while (!this.profiles.isWelcomed(name)) {
			if (Instant.now().isAfter(deadline)) {
				throw new IllegalStateException(name + " has not been welcomed");
			}
			Thread.sleep(20);
		}
	}

}

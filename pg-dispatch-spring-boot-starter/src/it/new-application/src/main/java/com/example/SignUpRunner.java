package com.example;

import java.time.Duration;
import java.time.Instant;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

@Component
class SignUpRunner implements ApplicationRunner {

	private final ProfileService profiles;

	private final JdbcClient jdbc;

	SignUpRunner(ProfileService profiles, JdbcClient jdbc) {
		this.profiles = profiles;
		this.jdbc = jdbc;
	}

	@Override
	public void run(ApplicationArguments args) throws InterruptedException {
		String name = "O'Hara";
		this.profiles.signUp(name);
		Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
		while (!isWelcomed(name)) {
			if (Instant.now().isAfter(deadline)) {
				throw new IllegalStateException(name + " has not been welcomed");
			}
			Thread.sleep(20);
		}
	}

	private boolean isWelcomed(String name) {
		return this.jdbc.sql("SELECT EXISTS (SELECT FROM welcome WHERE name = :name) AND EXISTS (SELECT FROM greeting)")
			.param("name", name)
			.query(Boolean.class)
			.single();
	}

}

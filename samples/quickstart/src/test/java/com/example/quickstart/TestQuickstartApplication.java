package com.example.quickstart;

import org.springframework.boot.SpringApplication;

public class TestQuickstartApplication {

	public static void main(String[] args) {
		SpringApplication.from(QuickstartApplication::main).with(EmbeddedPostgresConfiguration.class).run(args);
	}

}
